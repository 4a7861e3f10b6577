import type {LayerwiseSpectra} from '../metrics/records.js';
import {typesetNumber} from './markup.js';

/** How to read the numbers of a report, and what to run next. */
export function reading({full}: LayerwiseSpectra): string[] {
  const top = full.largest[0]?.value ?? 0;
  return [
    ...(top > 0
      ? [
          `Compare the largest eigenvalue with 2 / learning rate: gradient descent without momentum is stable below 2 / ${typesetNumber(top, 3)} = ${typesetNumber(2 / top, 3)}.`,
        ]
      : []),
    "What is normal, and what to do: docs/reading-the-numbers.md. For the course of a training: report --checkpoints 'runs/*/model.json', or HessianSpectrumCallback and then npx tfjs-hessian advise run.ndjson.",
  ];
}
