import type {Checkpoint} from '../../../report/checkpoints/checkpoint.js';
import {checkpointMarkdown, markdown} from '../../../report/checkpoints/checkpoint-table.js';
import type {Writers} from '../write-report.js';

/** The files of a report on checkpoints. */
export const checkpointWriters: Writers<readonly Checkpoint[]> = {
  '.html': async () => {
    const {checkpointPage} = await import('../../../report/checkpoints/checkpoint-page.js');
    const {pageDocument} = await import('../../../sinks/drawing/page-document.js');
    return (checkpoints, facts) => checkpointPage(checkpoints, facts, pageDocument());
  },
  '.json': async () => checkpoints => `${checkpointJson(checkpoints)}\n`,
  '.md': async () => (checkpoints, facts) =>
    [
      `# ${markdown(facts.title)}`,
      facts.details.map(([name, value]) => `- ${markdown(name)}: ${markdown(value)}`).join('\n'),
      `${checkpointMarkdown(checkpoints)}\n`,
    ].join('\n\n'),
};

/** All spectra as JSON: a list with an entry for each checkpoint. */
export function checkpointJson(checkpoints: readonly Checkpoint[]): string {
  return JSON.stringify(checkpoints);
}
