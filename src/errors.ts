/** Base of every error this package throws on purpose: `catch` it to tell our complaints from TensorFlow.js' own. */
export class TfjsHessianError extends Error {
  override readonly name: string = 'TfjsHessianError';
}

/** An argument breaks a rule. The message names the value, the rule and the way out. */
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
    /** The layer that ran it, where that is known. */
    readonly layerName: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** TensorFlow.js itself cannot run or train a layer of the model. The message says which, and what to do. */
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

/** The TensorFlow.js engine in use cannot give the right numbers. The message says why and what to do. */
export class EngineError extends TfjsHessianError {
  override readonly name = 'EngineError';

  constructor(
    message: string,
    /** The engine in use, by TensorFlow.js' name: `webgpu`. */
    readonly engine: string,
    /** The kernel that it cannot run, where it is one. */
    readonly kernelName: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Something that owned tensors was used after its `dispose()`. */
export class DisposedError extends TfjsHessianError {
  override readonly name = 'DisposedError';
}

/**
 * Something is not the Hessian of a loss: the gradient is not the loss's derivative, or the products are not symmetric.
 * A custom gradient reverses, clips or replaces it, or a gradient, a rule or a kernel is wrong. The message says what was
 * found, and the way out.
 */
export class NotAHessianError extends TfjsHessianError {
  override readonly name = 'NotAHessianError';

  constructor(
    message: string,
    /** How far two numbers that should be equal are apart, in parts of their size. */
    readonly discrepancy: number,
  ) {
    super(message);
  }
}
