// The one side effect of importing the package: TensorFlow.js can load models that have the regularizer in their configuration.
// Only `index.ts` imports this, so that it becomes a part of `index.js`, which package.json lists in `sideEffects`.
import {serialization} from '@tensorflow/tfjs-core';
import {HessianTraceRegularizer} from './hessian-trace-regularizer.js';

serialization.registerClass(HessianTraceRegularizer);
