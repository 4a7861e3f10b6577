import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, it} from 'vitest';
import {repository, runSource} from '../engine/run-source.js';

interface Asked {
  readonly path: string;
  readonly body: {
    readonly metrics?: readonly {readonly key: string; readonly value: number; readonly step: number}[];
    readonly params?: readonly {readonly key: string; readonly value: string}[];
    readonly status?: string;
  };
}

/** Answers as MLflow's tracking server does for an experiment that does not exist yet. */
let asked: Asked[];
let refused: string | null;
const server = createServer(async (request, response) => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const path = request.url!.replace('/api/2.0/mlflow/', '');
  asked.push({path, body: JSON.parse(Buffer.concat(parts).toString() || '{}')});
  const answers: Readonly<Record<string, object>> = {
    'experiments/create': {experiment_id: '7'},
    'runs/create': {run: {info: {run_id: 'run-1'}}},
    'runs/log-batch': {},
    'runs/update': {},
  };
  const isRefused = path === refused && asked.some(({body}) => body.metrics !== undefined);
  response.writeHead(answers[path] === undefined ? 404 : isRefused ? 503 : 200, {'content-type': 'application/json'});
  response.end(JSON.stringify(answers[path] ?? {error_code: 'RESOURCE_DOES_NOT_EXIST'}));
});

beforeEach(async () => {
  asked = [];
  refused = null;
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready));
});
afterEach(() => new Promise(closed => server.close(closed)));

const train = () => {
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const args = [join(repository, 'examples/mlflow/train.ts'), '--server', address, '--epochs', '2'];
  return runSource(args, {cwd: repository});
};

it('the program for MLflow sends each sample of the network and of its layers, in order, and finishes the run', async () => {
  const {code, stdout, stderr} = await train();
  expect(code, stderr.slice(-2000)).toBe(0);
  expect(stdout).toBe('run-1\n');
  expect(asked.map(({path}) => path)).toEqual([
    'experiments/get-by-name?experiment_name=curvature',
    ...['experiments/create', 'runs/create', 'runs/log-batch', 'runs/log-batch', 'runs/log-batch', 'runs/update'],
  ]);
  expect(asked[3]!.body.params).toContainEqual({key: 'learningRate', value: '0.02'});
  const samples = asked.slice(4, 6).map(({body}) => body.metrics!);
  expect(samples.map(metrics => [...new Set(metrics.map(({step}) => step))])).toEqual([[8], [16]]);
  const numbers = ['trace', 'traceStandardError', 'top'];
  expect(samples[0]!.map(({key}) => key)).toEqual([
    'hessian/loss',
    ...numbers.map(name => `hessian/${name}`),
    ...['hidden', 'output'].flatMap(layer => numbers.map(name => `hessian-${name}/${layer}`)),
  ]);
  expect(asked.at(-1)!.body).toMatchObject({run_id: 'run-1', status: 'FINISHED'});
});

it('the program for MLflow trains to the end if the server fails, and says that the run has failed', async () => {
  refused = 'runs/log-batch';
  const {code, stdout, stderr} = await train();
  expect(code).toBe(0);
  expect(stdout).toBe('run-1\n');
  expect(stderr).toMatch(/MLflow answered runs\/log-batch with 503/);
  expect(asked.at(-1)!.body).toMatchObject({status: 'FAILED'});
});
