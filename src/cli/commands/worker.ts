import {totalmem} from 'node:os';
import type {AddCommand} from './command.js';
import {wholeNumber, wholeNumberOrZero} from './whole-number.js';

interface WorkerFlags {
  readonly redis?: string;
  readonly queue: string;
  readonly concurrency: number;
  readonly import?: readonly string[];
  readonly once?: boolean;
  readonly maxBytes: number;
  readonly memory: number;
  readonly lock: number;
  readonly grace: number;
}

export const addWorker: AddCommand = program => {
  program
    .command('worker')
    .summary('take samples and compute products for other machines')
    .description(
      'Takes samples from a queue in Redis, for callbacks with background: cluster(…). Start as many as you like, on any machine that ' +
        'has the same version and the same engine. Ctrl-C and SIGTERM let the samples at hand end, or give them back; a second ' +
        'signal gives them back at once.',
    )
    .option('--redis <url>', 'redis://host:6379, or rediss://… with TLS (default: TFJS_HESSIAN_REDIS)')
    .option('--queue <name>', 'the queue, as in cluster({queue})', 'tfjs-hessian')
    .option('--concurrency <n>', 'samples at once, each in a thread', wholeNumber, 1)
    .option(
      '--import <file>',
      'a module with custom classes (may be repeated)',
      (file: string, files: string[] = []) => [...files, file],
    )
    .option('--once', 'take one sample and end')
    .option('--max-bytes <n>', 'the largest sample, in bytes', wholeNumber, 256_000_000)
    .option('--memory <MB>', 'begin new threads above it (default: half of the memory)', wholeNumber)
    .option('--lock <seconds>', 'after it, the samples of a lost worker go to another', wholeNumber, 15)
    .option('--grace <seconds>', 'time that samples get to end when it is stopped', wholeNumberOrZero, 8)
    .addHelpText(
      'after',
      `
Environment:
  TFJS_HESSIAN_REDIS  the URL of Redis. In it, a password is seen by fewer people than in a command.

Examples:
  $ npx tfjs-hessian worker --redis redis://10.0.0.5:6379
  $ TFJS_HESSIAN_REDIS=rediss://user:password@redis.example npx tfjs-hessian worker --concurrency 4
  $ npx tfjs-hessian worker --redis redis://10.0.0.5 --import layers.mjs`,
    )
    .action(
      async ({
        redis,
        memory = totalmem() / 2e6,
        lock,
        grace,
        import: imports = [],
        once = false,
        ...rest
      }: WorkerFlags) => {
        const {runWorker} = await import('../worker/run-worker.js');
        await runWorker({redis, imports, once, ...rest, memory: 1e6 * memory, lock: 1000 * lock, grace: 1000 * grace});
      },
    );
};
