import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import type {Batch} from '../../../src/model/batch.js';
import {useEngine} from '../../engines.js';
import {batchOf, buildSample, layerSamples} from '../../layers/layer-samples.js';
import {
  ACTIVATIONS,
  activationNames,
  CLASSES,
  camelCase,
  layerClasses,
  namesIn,
} from '../../layers/registered-names.js';
import {untrainableSamples} from '../../layers/untrainable-samples.js';
import {loadReferenceModel, readReference, referenceBatch, referenceNames} from '../../references.js';
import {distance, fitTheSame, historyDistance, trainBothWays} from './both-ways.js';

/** A model that trains, and what it is made of. */
interface Subject {
  readonly name: string;
  /** Classes of layers, activations and losses. */
  readonly parts: ReadonlySet<string>;
  build(): Promise<LayersModel> | LayersModel;
  batch(): Batch;
}

const partsOf = (json: unknown): string[] =>
  [...namesIn(json, [...CLASSES, ...ACTIVATIONS])].map(camelCase).filter(name => name !== 'Swirl');

const fromKeras: Subject[] = referenceNames.map(name => {
  const reference = readReference(name);
  const json: unknown = JSON.parse(
    readFileSync(new URL(`../../reference/${name}/model.json`, import.meta.url), 'utf8'),
  );
  return {
    name,
    parts: new Set([...partsOf(json), ...reference.losses]),
    build: () => loadReferenceModel(name, reference),
    batch: () => referenceBatch(reference),
  };
});

/** The samples that run on the native engine; the last one has a layer of its own class, which says nothing of itself. */
const ourOwn: Subject[] = layerSamples
  .filter(({engines, name}) => (engines?.includes('native') ?? true) && name !== 'a layer of one’s own')
  .map(sample => ({
    name: sample.name,
    get parts() {
      const model = buildSample(sample);
      const parts = new Set(partsOf(model.toJSON(null, false)));
      model.dispose();
      return parts;
    },
    build: () => buildSample(sample),
    batch: () => batchOf(sample),
  }));

const subjects = [...fromKeras, ...ourOwn];

/** Every layer class, activation and loss of the list is in one of these subjects: whichever adds most to those before it. */
function fewestSubjects(): Subject[] {
  const parts = new Map(subjects.map(subject => [subject, subject.parts] as const));
  const missing = new Set([...parts.values()].flatMap(names => [...names]));
  const chosen: Subject[] = [];
  while (missing.size > 0) {
    const news = (subject: Subject) => [...parts.get(subject)!].filter(name => missing.has(name)).length;
    const best = subjects.reduce((a, b) => (news(b) > news(a) ? b : a));
    for (const name of parts.get(best)!) missing.delete(name);
    chosen.push(best);
  }
  return chosen;
}

/** The native engine has no kernel for it. */
const NOT_NATIVE = ['CategoryEncoding'];

/** Float32's rounding over 50 steps. */
const TOLERANCE = 1e-5;

await useEngine('native');
const chosen = fewestSubjects();

describe('compileTraining, for every layer class of TensorFlow.js', () => {
  beforeAll(() => useEngine('native'));

  it('has a subject for each class that trains, and for each activation', () => {
    const untrainable = untrainableSamples.map(({name}) => name).join();
    const covered = new Set(chosen.flatMap(({parts}) => [...parts]));
    const missing = [...layerClasses(), ...activationNames()].filter(
      name => !covered.has(camelCase(name)) && !NOT_NATIVE.includes(name) && !untrainable.includes(`\`${name}\``),
    );
    expect(missing).toEqual([]);
  });

  it.each(chosen.map(subject => [subject.name, subject] as const))(
    'trains %s as plain steps do',
    async (_, subject) => {
      const {x, y} = subject.batch() as {x: tf.Tensor | tf.Tensor[]; y: tf.Tensor | tf.Tensor[]};
      const {compiled, plain} = await trainBothWays(subject.build, model => fitTheSame(model, x, y));
      expect(compiled.warnings).toEqual(plain.warnings);
      expect(compiled.compiledSteps).toBe(1);
      expect(distance(compiled, plain)).toBeLessThan(TOLERANCE);
      expect(historyDistance(compiled, plain)).toBeLessThan(TOLERANCE);
      // The weights have moved.
      expect(plain.history.loss!.at(-1)).not.toBe(plain.history.loss![0]);
      tf.dispose([x, y]);
    },
  );
});
