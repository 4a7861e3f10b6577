import {execFileSync} from 'node:child_process';
import os from 'node:os';
import type {Rank} from '@tensorflow/tfjs-core';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {describeMachine} from '../../harness/machine.js';
import {measure} from '../measure.js';
import type {FactsRecord} from '../record.js';
import type {PartArgs} from './part.js';

/** Which card and engine this is, whether its products are float32, and what an op costs. */
export async function facts({save, say, doctor, size}: PartArgs): Promise<void> {
  const {tf, engine} = await loadTensorFlow({prefer: 'gpu'});
  const [a, b] = [1, 2].map(seed => tf.randomNormal<Rank.R2>([size, size], 0, 1, 'float32', seed));
  const product = () => tf.tidy(() => tf.matMul(a!, b!).slice([0, 0], [1, 64]).dataSync());
  const {median} = await measure(product, {budget: 500, atMost: 10});
  const [row, columns] = tf.tidy(() => [
    a!.slice([0, 0], [1, size]).dataSync(),
    b!.slice([0, 0], [size, 64]).dataSync(),
  ]);
  let [apart, norm] = [0, 0];
  product().forEach((value, j) => {
    let exact = 0;
    for (let i = 0; i < size; i++) exact += row![i]! * columns![i * 64 + j]!;
    apart += (value - exact) ** 2;
    norm += exact ** 2;
  });
  const OPS = 1000;
  const additions = await measure(
    () =>
      tf.tidy(() => {
        const one = tf.ones([4]);
        let sum = tf.zeros([4]);
        for (let i = 0; i < OPS; i++) sum = tf.add(sum, one);
        return sum.dataSync();
      }),
    {budget: 500, atMost: 10},
  );
  const record: FactsRecord = {
    date: new Date().toISOString(),
    machine: `${os.cpus()[0]?.model.trim() || 'unknown'}, ${os.availableParallelism()} cores, Node ${process.version}`,
    card: card(),
    engine: `${engine.name}: ${describeMachine(engine).engine}`,
    doctor: doctor(),
    productError: Math.sqrt(apart / norm),
    teraflops: (2 * size ** 3) / median / 1e9,
    opMicroseconds: (1000 * additions.median) / OPS,
  };
  save(record);
  say(JSON.stringify(record, null, 1));
}

function card(): string {
  const query = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'];
  try {
    return execFileSync('nvidia-smi', query, {encoding: 'utf8'}).trim();
  } catch {
    return 'no NVIDIA GPU';
  }
}
