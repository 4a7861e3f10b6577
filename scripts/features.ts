import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {kernelsWithRules, ruleOf} from '../src/autodiff/rules/rule-table.js';
import {kernelSamples} from '../test/autodiff/rules/kernel-samples.js';
import {SampledKernel} from '../test/autodiff/rules/recorded-kernel.js';
import {useEngine} from '../test/engines.js';
import {buildSample, layerSamples} from '../test/layers/layer-samples.js';
import {opSamples} from '../test/layers/op-samples.js';
import {untrainableSamples} from '../test/layers/untrainable-samples.js';
import {readReference, referenceNames} from '../test/references.js';

// Writes FEATURES.md from the rule table and from what the tests run: `npx tsx scripts/features.ts`.

/** Why a kernel that TensorFlow.js can differentiate once has no rule. */
const WITHOUT_RULE: Readonly<Record<string, string>> = {
  ComplexAbs: 'complex numbers have no tangents here',
  Dilation2D: 'morphological dilation: register a rule if you train with it',
};

/** In the order of how often they are met. */
const WRONG_GRADIENTS: readonly (readonly [gradient: string, engines: string, where: string])[] = [
  ['`Max`, `Min`', 'all', 'elements tie: each gets all of it'],
  ['`AvgPool`, `AvgPool3D`', 'cpu, WebAssembly, WebGL, WebGPU', 'windows reach over the edge'],
  ['`MaxPool`', 'WebAssembly', 'a window whose maximum is not above zero'],
  ['`MaxPool3D`', 'native', 'elements tie: each gets all of it'],
  ['`MaxPool3D`', 'cpu, WebGPU', 'windows whose height is not their width'],
  ['`MaxPool3D`', 'WebAssembly', 'a window whose maximum is not above zero'],
  ['`ResizeNearestNeighbor`', 'cpu', 'several images'],
  ['`ResizeBilinear`', 'cpu', 'images that are not square (training ends with an error)'],
  ['`ResizeNearestNeighbor`, `ResizeBilinear`', 'all', '`halfPixelCenters`'],
  ['`Conv3D`', 'WebAssembly', 'always'],
  ['`Cumsum`', 'all', 'along another axis than the last'],
  ['`Cumsum`', 'WebGPU', 'a sum from the front (its own sum from the end is wrong, forward too)'],
  ['`MirrorPad`', 'all', 'always'],
  ['`FloorDiv`', 'all', 'always'],
];

/** The document, with a row for each rule, layer, activation and loss. */
export async function features(): Promise<string> {
  // With the native engine come the gradients that TensorFlow.js has; what is counted is the same on every engine.
  await useEngine('native');
  await useEngine('cpu');
  return `# What can be differentiated

\`scripts/features.ts\` writes this page from the rule table and the tests; a test compares the two.

## Kernels

Of every kernel the table says how a tangent goes through it (a Hessian-vector product pushes tangents through a
gradient's kernels), how several tangents go at once (\`matmat\`), and whether second-order jets go through it (the trace
penalty and \`quadraticForm\` push jets through the forward pass). Each entry is tested against differences of the kernel itself.
Kernels that read no tensor (\`Fill\`, \`Range\`, random numbers) are constants and need no row.

${table(['Kernel', 'Tangent', 'Several tangents', 'Jet'], kernelsWithRules().map(kernelRow))}

No rule, though TensorFlow.js has a gradient: ${kernelsWithoutRules()}.
Kernels that TensorFlow.js has no gradient for (sorting, FFT, image transforms, …) cannot lie between a weight and a loss
that it trains. What is met all the same is an \`UnsupportedKernelError\`; \`registerTangentRule\` teaches a kernel.

## Gradients that TensorFlow.js takes wrongly

They are replaced by right ones while a gradient is recorded, so that products and spectra are those of the loss, on every engine; and
where the gradient of a penalty is taken. The gradient of the training's own loss is left as it is. A test compares each with differences.

${table(['Gradient of', 'Engines', 'Where it is wrong'], WRONG_GRADIENTS)}

Where pieces of a function meet, gradient, tangents and jets choose the same derivative: for \`Max\` and \`Min\` equal shares to all elements that tie, for
max pooling one of them (the one that the engine's own gradient goes to), for \`Maximum\` and \`Minimum\` the first operand, 0 for \`relu\` at 0, −1 for \`abs\` at 0.
WebAssembly's \`MaxPool3D\` itself gives 0 for windows in which all is negative; the Hessian there is that of what it computes.

## Layers

Each layer class of TensorFlow.js 4.22 with what verifies its Hessian: float64 references of Keras (\`test/reference\`), and
identities (\`test/layers\`: symmetry, differences of the gradient, blocks).

${table(['Layer', 'References', 'Identities'], layerRows())}

## Activations

${table(['Activation', 'References', 'Identities'], activationRows())}

## Losses

Custom loss functions, losses by name and sample weights are tested in \`test/layers/losses.test.ts\`.

${table(['Loss', 'References'], lossRows())}

## Engines

H v of every reference against float64, as \`scripts/engine-results.ts\` measured it: native, cpu and wasm in Node, webgl and webgpu in
Chromium, rendered in software. ✓: within float32's rounding (10⁻⁶, on wasm 5 · 10⁻⁶). All else is an error that names the kernel, never a wrong number.

${engineTable()}

## Functions of variables

\`hessian(() => loss, variables)\` is tested with these ops of tfjs-core, each against differences of its gradient:
${opSamples.map(({name}) => name).join(' · ')}.

## What TensorFlow.js itself does not train

There is no gradient whose derivative could be taken; a test keeps this list true.

${table(
  ['', 'Why'],
  untrainableSamples.map(({name, reason}) => [name, reason]),
)}
`;
}

function kernelRow(kernel: string): string[] {
  const {kind, jet} = ruleOf(kernel)!;
  if (kind === 'constant') return [`\`${kernel}\``, 'zero', 'zero', 'zero'];
  return [`\`${kernel}\``, kind, severalTangents(kernel), jet ? 'yes' : 'backward pass only'];
}

/** Whether the number of kernels that a push takes grows with that of its tangents, by input. */
function severalTangents(kernel: string): string {
  const modes = new Map<string, Set<string>>();
  for (const sample of kernelSamples[kernel] ?? []) {
    const sampled = new SampledKernel(kernel, sample);
    for (const input of sampled.moving) {
      const mode = sampled.cost(input, 3) === sampled.cost(input, 5) ? 'at once' : 'one by one';
      modes.set(input, (modes.get(input) ?? new Set()).add(mode));
    }
    for (const tensor of Object.values(sampled.inputs)) tensor.dispose();
  }
  const described = [...modes].map(
    ([input, of]) => [input, of.size > 1 ? 'at once for most shapes' : [...of][0]!] as const,
  );
  const kinds = new Set(described.map(([, mode]) => mode));
  if (kinds.size === 1) return [...kinds][0]!;
  return [...kinds]
    .map(
      kind =>
        `${described
          .filter(([, mode]) => mode === kind)
          .map(([input]) => `\`${input}\``)
          .join(', ')} ${kind}`,
    )
    .join('; ');
}

function kernelsWithoutRules(): string {
  const kernels = tf
    .getKernelsForBackend('cpu')
    .map(({kernelName}) => kernelName)
    .filter(kernel => tf.getGradient(kernel) && !ruleOf(kernel))
    .sort();
  return kernels.map(kernel => `\`${kernel}\` (${WITHOUT_RULE[kernel] ?? 'NO REASON GIVEN'})`).join(', ');
}

/** Everything that a model's JSON names under some keys. */
function namesIn(json: unknown, keys: readonly string[], found = new Set<string>()): Set<string> {
  if (json !== null && typeof json === 'object') {
    for (const [key, value] of Object.entries(json)) {
      if (keys.includes(key) && typeof value === 'string') found.add(value);
      namesIn(value, keys, found);
    }
  }
  return found;
}

const CLASSES = ['class_name', 'className'];
const ACTIVATIONS = ['activation', 'recurrent_activation', 'recurrentActivation'];

const references = referenceNames.map(name => ({
  name,
  json: JSON.parse(readFileSync(new URL(`../test/reference/${name}/model.json`, import.meta.url), 'utf8')) as unknown,
}));

function identities(): {name: string; json: unknown}[] {
  return layerSamples.map(sample => {
    const model = buildSample(sample);
    const json = model.toJSON(null, false) as unknown;
    model.dispose();
    return {name: sample.name, json};
  });
}

type Registered = Readonly<Record<string, readonly [{readonly prototype: unknown}]>>;

function registered(test: (prototype: unknown) => boolean): string[] {
  const {classNameMap} = (
    tf.serialization as unknown as {SerializationMap: {getMap(): {classNameMap: Registered}}}
  ).SerializationMap.getMap();
  return Object.keys(classNameMap)
    .filter(name => test(classNameMap[name]![0].prototype))
    .sort();
}

function layerRows(): string[][] {
  const verified = verification(CLASSES);
  // Without weights of its own; a test's own layer; a cell that stands in no other layer than `ConvLSTM2D`.
  const left = ['InputLayer', 'Swirl', 'ConvLSTM2DCell'];
  return registered(prototype => prototype instanceof tfl.layers.Layer)
    .filter(name => !left.includes(name))
    .map(name => {
      const row = verified(name);
      const limit = untrainableSamples.some(sample => sample.name.includes(`\`${name}\``));
      return row.every(cell => cell === '') && limit
        ? [`\`${name}\``, 'TensorFlow.js does not train it', '']
        : [`\`${name}\``, ...row];
    });
}

function activationRows(): string[][] {
  const verified = verification(ACTIVATIONS);
  // Of what TensorFlow.js registers, activations alone begin with a small letter.
  return registered(prototype => !(prototype instanceof tfl.layers.Layer))
    .filter(name => /^[a-z]/.test(name))
    .map(name => [`\`${name}\``, ...verified(name)]);
}

/** From a name to the references and the identities whose models have it. */
function verification(keys: readonly string[]): (name: string) => [string, string] {
  const named = (models: readonly {name: string; json: unknown}[]) =>
    models.map(({name, json}) => ({name, names: new Set([...namesIn(json, keys)].map(camelCase))}));
  const [byReference, byIdentity] = [named(references), named(identities())];
  const having = (models: ReturnType<typeof named>, name: string) =>
    some(models.filter(({names}) => names.has(camelCase(name))).map(model => model.name));
  return name => [having(byReference, name), having(byIdentity, name)];
}

function lossRows(): string[][] {
  const byCase = referenceNames.map(name => ({name, losses: readReference(name).losses}));
  const names = [...new Set(byCase.flatMap(({losses}) => losses))].sort();
  return names.map(loss => [
    `\`${loss}\``,
    some(byCase.filter(({losses}) => losses.includes(loss)).map(({name}) => name)),
  ]);
}

/** By engine and reference, `exact` or what happens in its place. */
function engineTable(): string {
  const file = new URL('../test/reference/engine-results.json', import.meta.url);
  const results = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>;
  const engines = Object.keys(results);
  const rows = referenceNames.map(name => [
    name,
    ...engines.map(engine => {
      const result = results[engine]![name];
      return result === 'exact' ? '✓' : (result ?? 'not measured');
    }),
  ]);
  return table(['Reference', ...engines], rows);
}

const camelCase = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** A few of the names, and how many more there are. */
function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../FEATURES.md', import.meta.url), await features());
}
