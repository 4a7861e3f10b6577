import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {kernelsWithRules, ruleOf} from '../src/autodiff/rules/rule-table.js';
import {kernelSamples} from '../test/autodiff/rules/kernel-samples.js';
import {SampledKernel} from '../test/autodiff/rules/recorded-kernel.js';
import {useEngine} from '../test/engines.js';
import {buildSample, layerSamples} from '../test/layers/layer-samples.js';
import {opSamples} from '../test/layers/op-samples.js';
import {
  ACTIVATIONS,
  activationNames,
  CLASSES,
  camelCase,
  layerClasses,
  namesIn,
} from '../test/layers/registered-names.js';
import {untrainableSamples} from '../test/layers/untrainable-samples.js';
import {readReference, referenceNames} from '../test/references.js';

// Writes FEATURES.md from the rule table and from what the tests run: `npx tsx scripts/features.ts`.

/** Why a kernel that TensorFlow.js can differentiate once has no rule. */
const WITHOUT_RULE: Readonly<Record<string, string>> = {
  ComplexAbs: 'complex numbers have no tangents here',
  Dilation2D: 'morphological dilation: register a rule if you train with it',
};

/** The most frequent first. */
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
  // Loading the native engine registers TensorFlow.js' gradients; the counts are the same on every engine.
  await useEngine('native');
  await useEngine('cpu');
  return `# What can be differentiated

\`scripts/features.ts\` generates this page from the rule table and the tests. A test checks that it is up to date.

## Kernels

For every kernel, the table gives its tangent rule (a Hessian-vector product pushes tangents through a gradient's kernels), its vmap rule (\`matmat\`
pushes several tangents at once), and whether it has a rule for second-order jets (the trace penalty and \`quadraticForm\` push jets through the forward
pass). Each entry is tested against finite differences of the kernel itself. Kernels that read no tensor (\`Fill\`, \`Range\`, random numbers) are constants and need no row.

${table(['Kernel', 'Tangent', 'Several tangents', 'Jet'], kernelsWithRules().map(kernelRow))}

Without a rule, although TensorFlow.js has a gradient: ${kernelsWithoutRules()}.
Kernels without a gradient in TensorFlow.js (sorting, FFT, image transforms, …) cannot be between a weight and a loss
that it trains. Any other kernel is an \`UnsupportedKernelError\`; [write a rule](docs/rules.md) for it.

## Gradients that TensorFlow.js takes wrongly

The package replaces them with the right ones while it records a gradient, and while it takes the gradient of a penalty. So products and spectra are those of the
loss, on every engine. The gradient of the training's own loss is not changed. A test compares each gradient with finite differences.

${table(['Gradient of', 'Engines', 'Where it is wrong'], WRONG_GRADIENTS)}

At a kink of a function, gradient, tangents and jets use the same derivative. For \`Max\` and \`Min\`, all tied elements get equal shares. For max pooling, one of them
gets all (the one that the engine's own gradient chooses). \`Maximum\` and \`Minimum\` use the first operand, \`relu\` has derivative 0 at 0, and \`abs\` −1 at 0.
WebAssembly's \`MaxPool3D\` itself returns 0 for windows in which all elements are negative; the Hessian is that of this function.

## Layers

Each layer class of TensorFlow.js 4.22, with the tests of its Hessian: float64 references of Keras (\`test/reference\`), and
identities (\`test/layers\`: symmetry, differences of the gradient, blocks).

${table(['Layer', 'References', 'Identities'], layerRows())}

## Activations

${table(['Activation', 'References', 'Identities'], activationRows())}

## Losses

Custom loss functions, losses by name and sample weights are tested in \`test/layers/losses.test.ts\`.

${table(['Loss', 'References'], lossRows())}

## Engines

H v of every reference against float64, measured by \`scripts/engine-results.ts\`: native, cpu and wasm in Node, webgl and webgpu in
Chromium with software rendering. ✓ means within float32 rounding (10⁻⁶; on wasm 5 · 10⁻⁶). All other entries are errors that name the kernel, never wrong numbers.

${engineTable()}

## Functions of variables

\`hessian(() => loss, variables)\` is tested with these ops of tfjs-core, each against finite differences of its gradient:
${opSamples.map(({name}) => name).join(' · ')}.

## What TensorFlow.js itself does not train

TensorFlow.js has no gradient here, so there is no Hessian. A test checks this list.

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

/** For each input, whether the number of kernels of a push grows with the number of tangents. */
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

function layerRows(): string[][] {
  const verified = verification(CLASSES);
  return layerClasses().map(name => {
    const row = verified(name);
    const limit = untrainableSamples.some(sample => sample.name.includes(`\`${name}\``));
    return row.every(cell => cell === '') && limit
      ? [`\`${name}\``, 'TensorFlow.js does not train it', '']
      : [`\`${name}\``, ...row];
  });
}

function activationRows(): string[][] {
  const verified = verification(ACTIVATIONS);
  return activationNames().map(name => [`\`${name}\``, ...verified(name)]);
}

/** Maps a name to the references and the identities whose models have it. */
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

/** By engine and reference: `exact`, or what happens instead. */
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

/** Some of the names, and the number of the others. */
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
