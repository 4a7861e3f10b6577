import {outliers} from '../../metrics/outliers.js';
import type {Rule} from '../history.js';

/** As many eigenvalues stand out as there are classes, or one less (Papyan 2018; Ghorbani, Krishnan & Xiao 2019). */
export const classOutliers: Rule = ({samples, context: {classes}}) => {
  if (classes === undefined || classes < 3) return [];
  const {density, parameters} = samples.at(-1)!.full;
  const {value} = outliers(density, parameters);
  const count = Math.round(value);
  if (count !== classes && count !== classes - 1) return [];
  return [
    {
      rule: 'class-outliers',
      level: 'note',
      layer: null,
      text: `${count} eigenvalues stand out, as is usual with ${classes} classes: the top of the spectrum tells the classes apart.`,
      evidence: {outliers: value, classes},
      tryThis: '',
    },
  ];
};
