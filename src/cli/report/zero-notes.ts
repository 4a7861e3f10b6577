import type {BlockSpectrum, LayerwiseSpectra} from '../../metrics/records.js';

/** Notes on blocks whose Hessian is zero. */
export function zeroNotes({full, layers}: LayerwiseSpectra): string[] {
  if (isZero(full)) {
    return [
      'THE CURVATURE IS EXACTLY 0, which is rarely intended. Likely causes: inputs that were not scaled (pixels of 0 to 255),',
      'so that a softmax or sigmoid is saturated; inactive relus; a loss that is linear in the weights.',
      '',
    ];
  }
  const dead = layers.filter(isZero).map(({name}) => name);
  if (dead.length === 0) return [];
  return [
    `No curvature in ${dead.join(', ')}: its output has no effect (inactive relus), or the loss is linear in it.`,
    '',
  ];
}

/** Whether every product was exactly zero; an estimate would not be. */
function isZero({frobenius, largest, smallest}: BlockSpectrum): boolean {
  return frobenius.value === 0 && [...largest, ...smallest].every(({value}) => value === 0);
}
