import type {BlockFacts, RunView} from '../answers.js';

/**
 * The names for the layers of a run that is compared with another one: those of the other's layers at the same places, if both
 * models are built alike. TensorFlow.js numbers the layers of a process, so the same model has other names when it is made again.
 *
 * @returns the shown name by a layer's own name, or `null` if the models differ or have the same names.
 */
export function sharedNames(shown: readonly BlockFacts[], compared: readonly BlockFacts[]): Map<string, string> | null {
  if (shown.length !== compared.length) return null;
  const places = new Map(shown.map(({layer}, place) => [layer, place]));
  const names = new Map<string, string>();
  for (const [place, {layer, className, parameters}] of compared.entries()) {
    const other = shown[place]!;
    if (other.className !== className || other.parameters !== parameters) return null;
    // A name that both have says more than a place.
    if ((places.get(layer) ?? place) !== place) return null;
    if (layer !== null && other.layer !== null) names.set(layer, other.layer);
  }
  return [...names].some(([own, other]) => own !== other) ? names : null;
}

/** A view with other names of its layers; `null`: with its own. */
export function renamed(view: RunView, names: ReadonlyMap<string, string> | null): RunView {
  if (names === null) return view;
  const {all, blocks, penalty} = view;
  const nameOf = (layer: string) => names.get(layer) ?? layer;
  const withName = <Block extends BlockFacts>(block: Block): Block =>
    block.layer === null ? block : {...block, layer: nameOf(block.layer)};
  return {
    ...view,
    all: all.map(withName),
    blocks: blocks.map(withName),
    penalty: penalty && {...penalty, layers: penalty.layers.map(each => ({...each, layer: nameOf(each.layer)}))},
  };
}
