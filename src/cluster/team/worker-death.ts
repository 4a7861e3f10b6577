import {TfjsHessianError} from '../../errors.js';

/** A worker ended before it answered. Others can do its work. */
export class WorkerDeath extends TfjsHessianError {}
