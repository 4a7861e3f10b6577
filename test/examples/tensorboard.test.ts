import {join} from 'node:path';
import {expect, it} from 'vitest';
import {repository, runSource} from '../engine/run-source.js';
import {needsPythonReaders, runPython} from '../python-readers.js';
import {useFolder} from '../sinks/use-folder.js';

const inFolder = useFolder();
const readers = await needsPythonReaders();

const script = `
import json, os, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
runs = EventMultiplexer().AddRunsFromDirectory(sys.argv[1]).Reload()
def tags(run):
  return {kind: found for kind, found in runs.GetAccumulator(run).Tags().items() if isinstance(found, list)}
print(json.dumps({
  'tags': {run: tags(run) for run in runs.Runs()},
  'steps': [event.step for event in runs.Scalars('.', 'hessian/trace')],
  'pictures': [[image.step, image.width, image.height] for image in runs.GetAccumulator('.').Images('hessian/densities')],
}))`;

interface Found {
  readonly tags: Record<string, Record<string, string[]>>;
  readonly steps: number[];
  readonly pictures: [step: number, width: number, height: number][];
}

it("TensorBoard's own reader finds curvature and tfjs-node's loss as runs of one folder", {
  ...readers,
  timeout: 120_000,
}, async () => {
  const args = [join(repository, 'examples/tensorboard/train.ts'), '--epochs', '3', '--logdir', inFolder('logs')];
  const {code, stdout, stderr} = await runSource(args, {cwd: repository});
  expect(code, stderr.slice(-2000)).toBe(0);
  expect(stdout).toBe(`tensorboard --logdir ${inFolder('logs')}\n`);
  const {tags, steps, pictures} = runPython(script, inFolder('logs')) as Found;
  expect(Object.keys(tags).sort()).toEqual(['.', 'train', 'val']);
  expect(tags.train!.scalars).toEqual(expect.arrayContaining(['epoch_loss', 'epoch_acc']));
  expect(tags.val!.scalars).toEqual(expect.arrayContaining(['epoch_loss', 'epoch_acc']));
  expect(tags['.']!.scalars).toEqual(expect.arrayContaining(['hessian/trace', 'hessian-top/hidden', 'hessian/loss']));
  expect(tags['.']!.histograms).toEqual(['hessian/spectrum', 'hessian-spectrum/hidden', 'hessian-spectrum/output']);
  expect(steps).toHaveLength(3);
  expect(pictures.map(([step]) => step)).toEqual(steps);
  for (const [, width, height] of pictures) expect([width, height > 150]).toEqual([752, true]);
});
