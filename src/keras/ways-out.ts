/** How a user gives what a model lacks: words for the ends of messages, of the command or of the function. */
export interface WaysOut {
  /** The option that names a loss. */
  readonly lossOption: string;
  /** How to give a layer class. */
  readonly layerClass: string;
  /** How to give a loss function. */
  readonly lossFunction: string;
}
