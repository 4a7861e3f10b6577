import {InvalidArgumentError} from '../../errors.js';
import type {HessianSample} from '../../streams/hessian-sample.js';
import {stoppable} from '../terminal/stoppable.js';
import type {AddCommand} from './command.js';
import {classCount, wholeNumber} from './whole-number.js';

interface AdviseFlags {
  readonly classes?: number;
  readonly failures?: number;
  readonly penalized?: boolean;
  readonly json?: boolean;
}

export const addAdvise: AddCommand = program => {
  program
    .command('advise')
    .summary('say what a run shows, and what to try')
    .description(
      'Reads a run that the sink ndjson(path) wrote or is still writing, and prints what its spectra show: what to act on (!), to look ' +
        'at (?) and to know (·), each with what to try.',
    )
    .argument('<run.ndjson>', 'the run')
    .option('--classes <n>', 'the number of classes, where the network classifies', classCount)
    .option('--failures <n>', 'how many samples failed, which are not in the file', wholeNumber)
    .option('--penalized', 'the loss that was minimized has a trace penalty')
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', '\nExample:\n  $ npx tfjs-hessian advise run.ndjson --classes 10')
    .action(async (run: string, {json, ...context}: AdviseFlags) => {
      const {readSamples} = await import('../../sinks/read-samples.js');
      const {advise, newestTraining} = await import('../../advice/advise.js');
      const {courseLine, findingLines} = await import('../../advice/print.js');
      const samples: HessianSample[] = [];
      await stoppable(async signal => {
        for await (const sample of readSamples(run)) {
          signal.throwIfAborted();
          samples.push(sample);
        }
      });
      if (samples.length === 0) {
        throw new InvalidArgumentError(`${run} has no samples yet; let the training take one first.`);
      }
      const findings = advise(samples, context);
      if (json) console.log(JSON.stringify(findings));
      else {
        const lines = findings.length === 0 ? ['Nothing stands out.'] : findingLines(findings);
        console.log([courseLine(newestTraining(samples)), ...lines].join('\n'));
      }
    });
};
