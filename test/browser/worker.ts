// The script of a web worker that takes samples on the engine that the page trains with.
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import {serveSamples} from 'tfjs-hessian';

serveSamples(self);
