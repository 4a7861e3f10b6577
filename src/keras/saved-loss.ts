import {InvalidArgumentError} from '../errors.js';
import {warn} from '../warnings.js';
import {isRecord} from './layer-config.js';
import {defaultSettings, type LossFunction, type LossSettings, lossName} from './losses.js';
import {shown} from './refusal.js';
import type {WaysOut} from './ways-out.js';

/** The loss of one output. */
export interface OutputLoss {
  /** The full name in Keras, or the name of a function of the user. */
  readonly name: string;
  /** The function of the user; `null` for a loss of Keras. */
  readonly own: LossFunction | null;
  readonly settings: LossSettings;
  readonly reduction: 'mean' | 'sum';
  /** Its factor in the loss of the model. */
  readonly weight: number;
}

/** The arguments of `compile`, as Keras saves them. */
export interface CompileConfig {
  readonly loss?: unknown;
  readonly loss_weights?: unknown;
}

export interface OutputNames {
  /** The names of the output layers, in the order of the model's outputs. */
  readonly outputs: readonly string[];
  /** The functions of the user, by name. */
  readonly own: ReadonlyMap<string, LossFunction>;
  readonly ways: Pick<WaysOut, 'lossOption' | 'lossFunction'>;
}

/** The arguments of `compile`; `null` if the model was not compiled, or compiled without a loss. */
export function compileConfig(topology: object): CompileConfig | null {
  const {training_config, compile_config, model_config} = topology as {
    training_config?: CompileConfig | null;
    compile_config?: CompileConfig | null;
    model_config?: {compile_config?: CompileConfig | null} | null;
  };
  const config = training_config ?? model_config?.compile_config ?? compile_config ?? null;
  return config === null || config.loss === null || config.loss === undefined ? null : config;
}

/**
 * The loss of each output.
 *
 * @throws InvalidArgumentError for a loss that is not supported, or that belongs to no output.
 */
export function savedLosses({loss, loss_weights}: CompileConfig, names: OutputNames): OutputLoss[] {
  const losses = perOutput(loss, 'loss', isLoss, names);
  const weights = perOutput(loss_weights ?? 1, 'loss_weights', value => typeof value === 'number', names);
  return losses.map((value, i) => ({...outputLoss(value, names), weight: (weights[i] as number | undefined) ?? 1}));
}

function isLoss(value: unknown): boolean {
  return typeof value === 'string' || (isRecord(value) && typeof value.class_name === 'string');
}

/** One value for each output, from a single value, a list, or an object by output name. */
function perOutput(
  value: unknown,
  what: string,
  isOne: (value: unknown) => boolean,
  {outputs, ways}: OutputNames,
): unknown[] {
  if (isOne(value)) return outputs.map(() => value);
  if (Array.isArray(value) && value.length === outputs.length) return value.map(each => each as unknown);
  if (isRecord(value)) {
    const unknown = Object.keys(value).filter(name => !outputs.includes(name));
    const missing = outputs.filter(name => value[name] === undefined || value[name] === null);
    if (unknown.length === 0 && (missing.length === 0 || what === 'loss_weights'))
      return outputs.map(name => value[name]);
    const why = unknown.length > 0 ? `names ${unknown.join(', ')}` : `has none for ${missing.join(', ')}`;
    throw new InvalidArgumentError(
      `the ${what} that it was compiled with ${why}, and its outputs are ${outputs.join(', ')}; name a loss for each with ${ways.lossOption}`,
    );
  }
  throw new InvalidArgumentError(
    `the ${what} that it was compiled with is ${shown(value)}, and it has ${outputs.length} outputs; name a loss for each with ${ways.lossOption}`,
  );
}

/** The loss for a name or a configuration of Keras. */
export function outputLoss(value: unknown, {own, ways}: OutputNames): OutputLoss {
  const name = nameOf(value);
  const known = isFunction(value) || own.has(name) ? null : lossName(name);
  const ownFunction = own.get(name) ?? null;
  if (known === null && ownFunction === null && lossName(name) === null) {
    throw new InvalidArgumentError(
      `its loss "${name}" is not a supported loss of Keras. A function of your own is Python code, which is not in the file; ${ways.lossFunction}, or name another loss with ${ways.lossOption}`,
    );
  }
  const config = isRecord(value) && isRecord(value.config) ? value.config : {};
  if (isRecord(value) && known !== null && !isFunction(value)) warnOfUnsaved(name, config, ways);
  return {
    name: known ?? (ownFunction === null ? lossName(name)! : name),
    own: ownFunction,
    settings: settingsOf(name, config, ways),
    reduction: reductionOf(name, config, ways),
    weight: 1,
  };
}

/** `{class_name: 'function', config: 'name'}`. */
function isFunction(value: unknown): value is {config: string} {
  return isRecord(value) && value.class_name === 'function' && typeof value.config === 'string';
}

function nameOf(value: unknown): string {
  if (typeof value === 'string') return value.slice(value.lastIndexOf('>') + 1);
  if (isFunction(value)) return value.config;
  return nameOf((value as {class_name: string}).class_name);
}

/** The settings that change nothing. */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  axis: [-1, null],
  ignore_class: [null],
  dtype: ['float32', null],
  name: [],
  fn: [],
};

function settingsOf(
  name: string,
  config: Readonly<Record<string, unknown>>,
  {lossOption}: OutputNames['ways'],
): LossSettings {
  for (const [key, value] of Object.entries(config)) {
    if (['from_logits', 'label_smoothing', 'delta', 'reduction', 'name', 'fn', 'dtype'].includes(key)) continue;
    if (NEUTRAL[key]?.includes(value)) continue;
    throw new InvalidArgumentError(
      `its loss "${name}" has ${key} ${shown(value)}, which is not supported; name a loss with ${lossOption}`,
    );
  }
  const {from_logits, label_smoothing, delta} = config;
  return {
    fromLogits: from_logits === true,
    labelSmoothing: typeof label_smoothing === 'number' ? label_smoothing : defaultSettings.labelSmoothing,
    delta: typeof delta === 'number' ? delta : defaultSettings.delta,
  };
}

/** Settings that Keras 3 does not save, with the defaults that it uses when it loads a model. */
const UNSAVED: Readonly<Record<string, readonly [setting: string, value: number]>> = {
  Huber: ['delta', 1],
  CosineSimilarity: ['axis', -1],
};

function warnOfUnsaved(
  name: string,
  config: Readonly<Record<string, unknown>>,
  {lossFunction}: OutputNames['ways'],
): void {
  const [setting, value] = UNSAVED[name] ?? [];
  if (setting === undefined || setting in config) return;
  warn(
    'ignored-setting',
    `The model was compiled with the loss ${name}, whose ${setting} Keras 3 does not save. It is assumed to be ${value}, as Keras' ` +
      `load_model does. If the model was trained with another value, ${lossFunction}.`,
  );
}

const MEANS = ['sum_over_batch_size', 'auto', 'mean', 'mean_with_sample_weight'];

function reductionOf(
  name: string,
  {reduction = 'auto'}: Readonly<Record<string, unknown>>,
  {lossOption}: OutputNames['ways'],
): 'mean' | 'sum' {
  if (MEANS.includes(String(reduction))) return 'mean';
  if (reduction === 'sum') return 'sum';
  throw new InvalidArgumentError(
    `its loss "${name}" has the reduction ${shown(reduction)}, which has no Hessian, since it is not a single number; name a loss with ` +
      `${lossOption}, which takes the mean`,
  );
}
