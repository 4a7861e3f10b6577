import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {MatvecOperator} from 'tfjs-hessian';
import {hessian} from 'tfjs-hessian';
import {spectralDensity} from 'tfjs-hessian/estimators';
import type {TensorFlow} from 'tfjs-hessian/node';
import {deriveSeed} from '../../src/random.js';
import type {Images} from '../data/images.js';
import {imagesAt} from '../data/images.js';
import {shuffled} from '../data/shuffled.js';
import {preparedExamples} from './image-batches.js';
import type {ImagePlan, SpectraPlan} from './recipe.js';

/** The spectra after one epoch. */
export interface EpochSpectra {
  /** From 0. */
  readonly epoch: number;
  /** The whole network's first. */
  readonly blocks: readonly EncodedSpectrum[];
}

/** A density of one Lanczos run; its numbers are float32, in base64. */
export interface EncodedSpectrum {
  /** `null`: the whole network. */
  readonly layer: string | null;
  readonly parameters: number;
  readonly nodes: string;
  readonly weights: string;
}

export interface EpochSpectraArgs {
  readonly plan: SpectraPlan;
  readonly images: Images;
  readonly imagePlan: ImagePlan;
  readonly classes: number;
  readonly seed: number;
}

export interface EpochSpectraTaker {
  /** For `fit`. */
  readonly callback: {onEpochEnd(epoch: number): Promise<void>};
  /** The spectra of the epochs so far. */
  readonly taken: readonly EpochSpectra[];
}

/** Takes the spectra of the whole Hessian and of each kernel's block after each epoch. */
export function epochSpectra(tf: TensorFlow, model: LayersModel, args: EpochSpectraArgs): EpochSpectraTaker {
  const {plan, images, imagePlan, classes, seed} = args;
  const watched = watchedImages(images, classes, plan.imagesPerClass);
  const taken: EpochSpectra[] = [];
  const onEpochEnd = async (epoch: number) => {
    const {x, y} = preparedExamples(tf, watched, classes, imagePlan);
    const H = await hessian(model, {x, y});
    const density = (op: MatvecOperator, layer: string) =>
      spectralDensity(op, {steps: plan.steps, probes: 1, seed: deriveSeed(seed, 'spectrum', epoch, layer)});
    const blocks = [encoded(null, H.size, await density(H, ''))];
    for (const {name, className} of H.layers) {
      if (className !== 'Conv2D' && className !== 'Dense') continue;
      const kernel = H.block({weight: `${name}/kernel`});
      blocks.push(encoded(name, kernel.size, await density(kernel, name)));
    }
    H.dispose();
    tf.dispose([x, y]);
    taken.push({epoch, blocks});
  };
  return {callback: {onEpochEnd}, taken};
}

/** The same images for every seed, equally many of each class. */
export function watchedImages(images: Images, classes: number, ofEach: number): Images {
  const counts = new Array<number>(classes).fill(0);
  const places = shuffled(images.labels.length, 0, 0).filter(place => counts[images.labels[place]!]!++ < ofEach);
  return imagesAt(images, places);
}

type Density = {readonly nodes: readonly (readonly number[])[]; readonly weights: readonly (readonly number[])[]};

function encoded(layer: string | null, parameters: number, {nodes, weights}: Density): EncodedSpectrum {
  return {layer, parameters, nodes: base64(nodes.flat()), weights: base64(weights.flat())};
}

function base64(values: readonly number[]): string {
  return Buffer.from(Float32Array.from(values).buffer).toString('base64');
}

/** A density as the package's functions take it. */
export function decoded({nodes, weights}: EncodedSpectrum): {nodes: number[][]; weights: number[][]} {
  return {nodes: [numbers(nodes)], weights: [numbers(weights)]};
}

function numbers(text: string): number[] {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return [...new Float32Array(bytes.buffer)];
}
