import {type Command, Option} from 'commander';
import {stoppable} from '../terminal/stoppable.js';
import {asUsage} from '../usage-error.js';
import type {AddCommand} from './command.js';
import {portNumber} from './whole-number.js';

interface WatchFlags {
  readonly port: number;
  readonly compare?: string;
  readonly open?: boolean;
  readonly token?: string;
}

export const addWatch: AddCommand = program => {
  program
    .command('watch')
    .summary('show a run on a page that follows it live')
    .description(
      'Serves a page, on this machine only, for a run that the sink ndjson(path) wrote or is still writing. The page ' +
        'follows the file as it grows. Ctrl-C ends it.',
    )
    .argument('<run.ndjson>', 'the run')
    .addOption(new Option('--port <n>', 'the port to serve on').argParser(portNumber).default(0, 'any free port'))
    .option('--compare <run.ndjson>', 'another run for comparison')
    .option(
      '--token <t>',
      'the token in the address, 16 to 128 letters, digits, _ or -, to keep it over a restart (default: a random one)',
    )
    .option('--open', 'open the page in the browser')
    .addHelpText(
      'after',
      `
Examples:
  $ npx tfjs-hessian watch run.ndjson --open
  $ npx tfjs-hessian watch penalized.ndjson --compare plain.ndjson
  $ npx tfjs-hessian watch run.ndjson --port 8080 --token "$(openssl rand -hex 16)"`,
    )
    .action(async (run: string, {port, compare, token, open}: WatchFlags, command: Command) => {
      if (compare === run) command.error(`${run} cannot be compared with itself; name another run`);
      const {check} = await import('../../arguments/check.js');
      const {placeEntries} = await import('../../dashboard/server/page-server.js');
      asUsage(() => check('--token', placeEntries.token, token));
      const {watchFiles} = await import('../../dashboard/runs/watch-files.js');
      await stoppable(async signal => {
        const optional = {...(compare !== undefined && {compare}), ...(token !== undefined && {token})};
        const watch = await watchFiles(run, {port, ...optional});
        signal.addEventListener('abort', () => watch.close());
        console.log(`${watch.url}\nCtrl-C ends it.`);
        if (open) (await import('../terminal/open-browser.js')).openBrowser(watch.url);
        await watch.ended;
        signal.throwIfAborted();
      });
    });
};
