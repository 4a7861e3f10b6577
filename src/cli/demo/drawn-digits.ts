import type {RandomBits} from '../../random.js';
import {randomBits, uniform} from '../../random.js';
import type {DemoData, Digits} from './data.js';
import {SIDE} from './data.js';

/** The strokes of each digit: points in a unit square, x to the right and y down. */
const strokes: readonly (readonly (readonly (readonly [x: number, y: number])[])[])[] = [
  [circle(0.5, 0.5, 0.28, 0.42)],
  [polyline(0.32, 0.28, 0.54, 0.1, 0.54, 0.9)],
  [polyline(0.24, 0.3, 0.3, 0.14, 0.5, 0.08, 0.7, 0.16, 0.74, 0.34, 0.6, 0.54, 0.24, 0.9, 0.78, 0.9)],
  [
    polyline(0.26, 0.14, 0.5, 0.08, 0.7, 0.18, 0.7, 0.36, 0.46, 0.48),
    polyline(0.46, 0.48, 0.74, 0.6, 0.74, 0.78, 0.5, 0.92, 0.24, 0.84),
  ],
  [polyline(0.6, 0.08, 0.2, 0.64, 0.82, 0.64), polyline(0.62, 0.36, 0.62, 0.92)],
  [polyline(0.74, 0.1, 0.32, 0.1, 0.28, 0.46, 0.54, 0.42, 0.74, 0.56, 0.72, 0.8, 0.48, 0.92, 0.24, 0.82)],
  [polyline(0.66, 0.08, 0.4, 0.3, 0.28, 0.6), circle(0.5, 0.68, 0.22, 0.22)],
  [polyline(0.22, 0.1, 0.78, 0.1, 0.44, 0.92)],
  [circle(0.5, 0.28, 0.2, 0.19), circle(0.5, 0.7, 0.25, 0.22)],
  [circle(0.5, 0.32, 0.22, 0.22), polyline(0.72, 0.34, 0.66, 0.66, 0.46, 0.92)],
];

/** Draws random digits from a seed: slanted, rotated, shifted, thick and thin, on a noisy background. */
export function drawnDigits(sizes: {readonly training: number; readonly test: number}, seed: number): DemoData {
  return {
    name: 'drawn digits',
    train: draw(sizes.training, randomBits(seed, 0)),
    test: draw(sizes.test, randomBits(seed, 1)),
  };
}

function draw(n: number, bits: RandomBits): Digits {
  const pixels = new Uint8Array(n * SIDE * SIDE);
  const labels = Uint8Array.from({length: n}, () => Math.floor(10 * uniform(bits)));
  labels.forEach((digit, i) => {
    drawOne(pixels.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE), digit, bits);
  });
  return {pixels, labels};
}

function drawOne(image: Uint8Array, digit: number, bits: RandomBits): void {
  const between = (low: number, high: number) => low + (high - low) * uniform(bits);
  const [turn, slant] = [between(-0.3, 0.3), between(-0.35, 0.35)];
  const [width, height] = [between(0.5, 0.8) * SIDE, between(0.6, 0.85) * SIDE];
  const [left, top] = [SIDE / 2 + between(-2.5, 2.5), SIDE / 2 + between(-2.5, 2.5)];
  const place = ([x, y]: readonly [number, number]): [number, number] => {
    const [across, down] = [(x - 0.5 + between(-0.05, 0.05)) * width, (y - 0.5 + between(-0.05, 0.05)) * height];
    const slanted = across - slant * down;
    return [
      left + slanted * Math.cos(turn) - down * Math.sin(turn),
      top + slanted * Math.sin(turn) + down * Math.cos(turn),
    ];
  };
  const lines = strokes[digit]!.map(points => points.map(place));
  const radius = between(0.7, 1.7);
  const ink = between(170, 255);
  for (let i = 0; i < image.length; i++) {
    const [x, y] = [(i % SIDE) + 0.5, Math.floor(i / SIDE) + 0.5];
    const distance = Math.sqrt(lines.reduce((least, points) => Math.min(least, squareTo(points, x, y)), SIDE ** 2));
    const covered = Math.max(0, Math.min(1, radius + 0.5 - distance));
    image[i] = Math.max(0, Math.min(255, ink * covered + between(0, 50) * between(0, 1)));
  }
}

/** The squared distance from a polyline. */
function squareTo(points: readonly (readonly [number, number])[], x: number, y: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 1; i < points.length; i++) {
    const [from, to] = [points[i - 1]!, points[i]!];
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const along = Math.max(0, Math.min(1, ((x - from[0]) * dx + (y - from[1]) * dy) / (dx * dx + dy * dy || 1)));
    least = Math.min(least, (x - from[0] - along * dx) ** 2 + (y - from[1] - along * dy) ** 2);
  }
  return least;
}

function polyline(...numbers: readonly number[]): [number, number][] {
  return Array.from({length: numbers.length / 2}, (_, i) => [numbers[2 * i]!, numbers[2 * i + 1]!]);
}

function circle(x: number, y: number, across: number, down: number): [number, number][] {
  return Array.from({length: 13}, (_, i) => [
    x + across * Math.cos((2 * Math.PI * i) / 12),
    y + down * Math.sin((2 * Math.PI * i) / 12),
  ]);
}
