import {type Diagnosis, diagnose, type Finding} from '../../engine/doctor.js';
import type {AddCommand} from './command.js';

const marks: Record<Finding['status'], string> = {ok: '✓', note: '–', broken: '✗'};

export const addDoctor: AddCommand = program => {
  program
    .command('doctor')
    .summary('check which engines work here, and what to do if one does not')
    .description(
      'Checks everything that the native engine needs and loads it once. Changes nothing. Exits with 0 if the native engine ' +
        'works and with 1 if it does not.',
    )
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ npx tfjs-hessian doctor
  $ npx tfjs-hessian doctor --json`,
    )
    .action(async ({json}: {readonly json?: boolean}) => {
      const diagnosis = await diagnose();
      console.log(json ? JSON.stringify(diagnosis, null, 2) : table(diagnosis));
      process.exitCode = diagnosis.works ? 0 : 1;
    });
};

function table({findings, works, setUp}: Diagnosis): string {
  const width = Math.max(...findings.map(({name}) => name.length));
  const lines = findings.map(({name, status, found, fix}) => {
    const line = `${marks[status]} ${name.padEnd(width)}  ${found}`;
    return fix ? `${line}\n  ${' '.repeat(width)}  ${fix}` : line;
  });
  const verdict = works
    ? 'The native engine works.'
    : setUp
      ? 'The native engine does not work.'
      : 'The native engine is not set up yet: run `npx tfjs-hessian setup`.';
  return [...lines, verdict].join('\n');
}
