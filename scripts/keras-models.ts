import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {isRecord} from '../src/keras/layer-config.js';
import {type ModelCase, models, type Variant} from '../test/keras/models.js';

// Writes the list of what is read of Keras into docs/keras.md: `npx tsx scripts/keras-models.ts`.

const path = new URL('../docs/keras.md', import.meta.url);
const [BEGIN, END] = ['<!-- made by scripts/keras-models.ts -->', '<!-- end -->'];

const FORMS = [
  ['Keras 2 `.h5`', 2, 'h5'],
  ['Keras 3 `.h5`', 3, 'h5'],
  ['Keras 3 `.keras`', 3, 'keras'],
] as const;

/** The page with the list as the models are now. */
export function kerasPage(page = readFileSync(path, 'utf8')): string {
  const [before, rest] = page.split(BEGIN) as [string, string];
  return `${before}${BEGIN}\n${list()}\n${END}${rest.split(END)[1]}`;
}

const computed = models.cases.filter(({refused}) => refused === undefined);
const refused = models.cases.filter(each => each.refused !== undefined);
const named = (cases: readonly ModelCase[], prefix: string) => cases.filter(({name}) => name.startsWith(prefix));

function list(): string {
  const losses = named(computed, 'loss ').map(({name}) => name.slice('loss '.length));
  return `Each entry is a model, made with Keras ${models.keras} and tf_keras ${models.tfKeras}, converted with the official converter, and compared
with Keras in float64: its loss, and the trace of its Hessian.

${table(['Layer', ...FORMS.map(([title]) => title), 'Refused, by name'], layerRows())}

| Activation | Read from |
| --- | --- |
${activationRows().join('\n')}

Losses, as they were compiled: ${losses.map(code).join(' · ')}. Also losses and loss weights in lists and by the outputs' names.
Refused: ${named(refused, 'loss ')
    .map(({name}) => code(name.slice('loss '.length)))
    .join(' · ')}.

Masks go as in Keras through ${masks(computed)}. Refused: ${masks(refused)}.

Models in models, shared layers, several inputs and outputs, initial states of recurrent layers, frozen layers, calls with \`training=False\`,
regularizers (which are no part of the loss here), constraints and mixed precision are read, too.`;
}

function masks(cases: readonly ModelCase[]): string {
  return cases
    .filter(({name}) => /\bmasks?\b/.test(name))
    .map(({name}) => name)
    .join(' · ');
}

const code = (name: string) => `\`${name}\``;

function layerRows(): string[][] {
  const forms = new Map<string, Set<string>>();
  for (const {variants} of computed) {
    for (const variant of variants) {
      for (const name of classesOf(variant)) forms.set(name, (forms.get(name) ?? new Set()).add(formOf(variant)));
    }
  }
  const refusals = new Map<string, string[]>();
  for (const {name, variants} of refused) {
    const [layer, ...setting] = name.split(' ');
    const has = variants.some(variant => classesOf(variant).has(layer!));
    if (has) refusals.set(layer!, [...(refusals.get(layer!) ?? []), setting.join(' ') || 'always']);
  }
  const names = [...new Set([...forms.keys(), ...refusals.keys()])].sort();
  return names.map(name => [
    code(name),
    ...FORMS.map(([, keras, format]) => (forms.get(name)?.has(`${keras} ${format}`) ? 'yes' : '')),
    (refusals.get(name) ?? []).join(', '),
  ]);
}

function activationRows(): string[] {
  return named(computed, 'activation ').map(({name, variants}) => {
    const versions = [...new Set(variants.map(({keras}) => keras))].sort();
    return `| ${code(name.slice('activation '.length))} | Keras ${versions.join(' and ')} |`;
  });
}

const formOf = ({keras, format}: Variant) => `${keras} ${format}`;

/** The classes of all layers in a model, wrapped ones and cells included. */
function classesOf({model}: Variant): Set<string> {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (
      isRecord(value) &&
      typeof value.class_name === 'string' &&
      isRecord(value.config) &&
      'name' in value.config &&
      'trainable' in value.config
    ) {
      found.add(value.class_name);
    }
    Object.values(value).forEach(visit);
  };
  visit((model.modelTopology as {model_config?: unknown}).model_config);
  for (const model of ['Sequential', 'Functional', 'Model', 'Scale']) found.delete(model);
  return found;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(path, kerasPage());
