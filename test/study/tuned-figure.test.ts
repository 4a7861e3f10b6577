import {parseHTML} from 'linkedom';
import {describe, expect, it} from 'vitest';
import type {ArmDifference} from '../../study/analysis/arm-differences.js';
import {meanInterval} from '../../study/analysis/statistics.js';
import {tunedPictures} from '../../study/report/tuned-figure.js';

const titles = {setting: (name: string) => `on ${name}`, arm: (name: string) => `arm ${name}`};
const difference = (setting: string, arm: string, against = 'none', loss = true): ArmDifference => ({
  ...{setting, arm, against},
  accuracy: {...meanInterval([0.1, 0.4, 0.3]), adjusted: 1},
  trace: null,
  loss: loss ? {...meanInterval([0.8, 0.9, 0.85])} : null,
});

describe('the picture of tuned regularizers', () => {
  it('has a point for each gain and each loss over no regularizer, penalties in another color', () => {
    const found = [
      difference('a', 'p'),
      difference('a', 'q'),
      difference('b', 'p', 'none', false),
      difference('a', 'p', 'q'),
    ];
    const [picture] = tunedPictures({found, titles}, arm => arm === 'p');
    const {document} = parseHTML(picture!.svg);
    const groups = [...document.querySelectorAll('[aria-label="dot"]')];
    const points = groups.flatMap(group => [...group.querySelectorAll('circle')]);
    const colors = points.map(point => point.getAttribute('fill') ?? point.parentElement!.getAttribute('fill'));
    expect(points).toHaveLength(5);
    expect(colors.filter(color => color === colors[0])).toHaveLength(3);
    for (const text of ['on a', 'on b', 'arm p', 'arm q']) expect(picture!.svg).toContain(`>${text}<`);
  });

  it('is not drawn where nothing was compared with no regularizer', () => {
    expect(tunedPictures({found: [difference('a', 'p', 'q')], titles}, () => true)).toEqual([]);
  });
});
