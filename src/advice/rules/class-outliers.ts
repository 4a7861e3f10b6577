import {outliers} from '../../metrics/outliers.js';
import type {Rule} from '../history.js';

/** As many eigenvalues stand out as there are classes, or one less (Papyan 2018; Ghorbani, Krishnan & Xiao 2019). */
export const classOutliers: Rule = ({samples, context: {classes}}) => {
  if (classes === undefined || classes < 3) return [];
  const {
    step,
    full: {density, parameters},
  } = samples.at(-1)!;
  const {value} = outliers(density, parameters);
  const count = Math.round(value);
  if (count !== classes && count !== classes - 1) return [];
  return [
    {
      rule: 'class-outliers',
      level: 'note',
      layer: null,
      text: `${count} eigenvalues stand out at step ${step}, as is usual with ${classes} classes: the top of the spectrum tells the classes apart.`,
      evidence: {outliers: value, classes},
      certainty: 'Counted in the density of the newest sample, an estimate.',
      tryThis: '',
    },
  ];
};
