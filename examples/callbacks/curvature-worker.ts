// The script of a web worker that takes samples in the background. The page gives the worker to the callback:
//
//   const worker = () => new Worker(new URL('./curvature-worker.ts', import.meta.url), {type: 'module'});
//   new HessianSpectrumCallback({background: {worker}});
//
// It imports the backend that the page trains with (here plain JavaScript; '@tensorflow/tfjs-backend-webgl', …), and the
// model's custom layers.
import '@tensorflow/tfjs-backend-cpu';
import {serveSamples} from 'tfjs-hessian';

serveSamples(self);
