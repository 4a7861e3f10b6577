// Takes the samples, on the backend that the page trains with.
import '@tensorflow/tfjs-backend-webgl';
import {serveSamples} from 'tfjs-hessian';

serveSamples(self);
