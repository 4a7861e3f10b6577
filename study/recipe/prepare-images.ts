import type {Tensor4D} from '@tensorflow/tfjs-core';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {RandomBits} from '../../src/random.js';
import {uniform} from '../../src/random.js';
import type {Images} from '../data/images.js';
import type {ImagePlan} from './recipe.js';

/**
 * Some images as the network gets them: augmented if there are random bits, then padded, then normalized.
 *
 * @param places which of the images.
 * @param bits draws a flip and an angle for each image; `null` for images without augmentation, such as test images.
 * @returns [n, height + 2 padding, width + 2 padding, channels]; the caller disposes of it.
 */
export function prepareImages(
  tf: TensorFlow,
  images: Images,
  places: ArrayLike<number>,
  plan: ImagePlan,
  bits: RandomBits | null,
): Tensor4D {
  const [height, width, channels] = images.shape;
  const {padding, rotation} = plan;
  const [rows, columns] = [height + 2 * padding, width + 2 * padding];
  const size = height * width * channels;
  const values = normalizedValues(plan, channels);
  const blank = new Float32Array(rows * columns * channels);
  for (let i = 0; i < blank.length; i++) blank[i] = values[i % channels]![0]!;
  const out = new Float32Array(places.length * blank.length);
  for (let n = 0; n < places.length; n++) {
    const pixels = images.pixels.subarray(places[n]! * size, (places[n]! + 1) * size);
    const from = rotation === null || bits === null ? null : turned(height, width, rotation, bits);
    out.set(blank, n * blank.length);
    for (let place = 0; place < height * width; place++) {
      const source = from === null ? place : from[place]!;
      if (source < 0) continue;
      const row = Math.floor(place / width) + padding;
      const column = (place % width) + padding;
      const at = n * blank.length + (row * columns + column) * channels;
      for (let c = 0; c < channels; c++) out[at + c] = values[c]![pixels[source * channels + c]!]!;
    }
  }
  return tf.tensor4d(out, [places.length, rows, columns, channels]);
}

/** For each channel, what each byte becomes. */
function normalizedValues({mean, deviation}: ImagePlan, channels: number): readonly Float32Array[] {
  return Array.from({length: channels}, (_, c) =>
    Float32Array.from({length: 256}, (_, byte) => (byte / 255 - mean[c]!) / deviation[c]!),
  );
}

/**
 * For each pixel of an image that is flipped with chance ½ and then turned by a uniform angle, the pixel that it comes from,
 * the nearest one; −1 outside the image.
 */
function turned(height: number, width: number, degrees: number, bits: RandomBits): Int32Array {
  const isFlipped = uniform(bits) < 0.5;
  const angle = ((2 * uniform(bits) - 1) * degrees * Math.PI) / 180;
  return pixelSources(height, width, isFlipped, angle);
}

/** The same for a given flip and angle (counterclockwise, in radians). Pixel (r, c) covers [c, c + 1) × [r, r + 1). */
export function pixelSources(height: number, width: number, isFlipped: boolean, angle: number): Int32Array {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const from = new Int32Array(height * width);
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      const x = c + 0.5 - width / 2;
      const y = r + 0.5 - height / 2;
      // Rows run downwards, so a counterclockwise turn of the image has this inverse.
      const sx = Math.floor(cos * x - sin * y + width / 2);
      const sy = Math.floor(sin * x + cos * y + height / 2);
      const isInside = sx >= 0 && sx < width && sy >= 0 && sy < height;
      from[r * width + c] = isInside ? sy * width + (isFlipped ? width - 1 - sx : sx) : -1;
    }
  }
  return from;
}
