/** The base class of all errors that this package throws. */
export class TfjsHessianError extends Error {
  override readonly name: string = 'TfjsHessianError';
}

/** An argument is invalid. The message names the value, the rule and what to write instead. */
export class InvalidArgumentError extends TfjsHessianError {
  override readonly name = 'InvalidArgumentError';
}

/** A kernel that the function runs has no differentiation rule. */
export class UnsupportedKernelError extends TfjsHessianError {
  override readonly name = 'UnsupportedKernelError';

  constructor(
    message: string,
    /** The kernel without a rule, by TensorFlow.js' name. */
    readonly kernelName: string,
    /** The layer that ran it; `null` if unknown. */
    readonly layerName: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** TensorFlow.js itself cannot run or train a layer of the model. The message names the layer and says what to do. */
export class UnsupportedLayerError extends TfjsHessianError {
  override readonly name = 'UnsupportedLayerError';

  constructor(
    message: string,
    /** The layer; inside a nested model, `outer/inner`. */
    readonly layerName: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The native TensorFlow.js engine could not be set up or loaded. The message says what was tried and what to do. */
export class EngineSetupError extends TfjsHessianError {
  override readonly name = 'EngineSetupError';
}

/** The TensorFlow.js engine in use cannot compute the right numbers. The message says why and what to do. */
export class EngineError extends TfjsHessianError {
  override readonly name = 'EngineError';

  constructor(
    message: string,
    /** The engine in use, by TensorFlow.js' name: `webgpu`. */
    readonly engine: string,
    /** The kernel that it cannot run; `null` if the cause is not a kernel. */
    readonly kernelName: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An object that owns tensors was used after its `dispose()`. */
export class DisposedError extends TfjsHessianError {
  override readonly name = 'DisposedError';
}

/**
 * An operator is not the Hessian of a loss: the gradient is not the loss's derivative, or the products are not symmetric.
 *
 * The cause is a custom gradient that is not the derivative, or a wrong gradient, rule or kernel. The message says what was
 * found and what to do.
 */
export class NotAHessianError extends TfjsHessianError {
  override readonly name = 'NotAHessianError';

  constructor(
    message: string,
    /** The relative difference of two numbers that should be equal. */
    readonly discrepancy: number,
  ) {
    super(message);
  }
}

/** Redis or the workers of a cluster could not do what was asked of them. The message says what was tried and what to do. */
export class ClusterError extends TfjsHessianError {
  override readonly name = 'ClusterError';
}
