// A worker that takes the samples, on the same backend as the page.
import '@tensorflow/tfjs-backend-webgl';
import {serveSamples} from 'tfjs-hessian';

serveSamples(self);
