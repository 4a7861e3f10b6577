import {describe, expect, it} from 'vitest';
import {densityLine} from '../../src/report/density-line.js';
import {axisOver} from '../../src/report/eigenvalue-axis.js';
import {terminalPicture} from '../../src/report/terminal-picture.js';
import {HOSTILE, makeSample} from '../sinks/make-sample.js';

const ESCAPE = String.fromCharCode(27);
const style = {width: 80, unicode: true, color: false};
const spectra = makeSample(1, {layers: ['conv', HOSTILE, 'a_layer_with_a_name_that_is_long_1']});
const block = spectra.full;
/** A block with these eigenvalues, all equally frequent. */
const withEigenvalues = (...nodes: number[]) => ({
  ...block,
  density: {nodes: [nodes], weights: [nodes.map(() => 1 / nodes.length)]},
  largest: [{value: Math.max(...nodes), residual: 0}],
});

describe('a picture for a terminal', () => {
  it.each([40, 80, 120])('is at most %s columns wide, and has a line per block between a title and an axis', width => {
    const lines = terminalPicture(spectra, {...style, width}).split('\n');
    expect(lines).toHaveLength(1 + 4 + 2);
    if (width >= 60) for (const line of lines) expect([...line].length).toBeLessThanOrEqual(width);
    expect(lines[1]).toMatch(/^whole network +.*●.* 11 ± 0\.4 {2}█+[▉-▏]?$/);
    // Control characters are replaced, and the end of the name is kept.
    expect(lines[3]).toMatch(/^a, "b"␣<i>é/);
    expect(lines[4]).toMatch(/^…a_name_that_is_long_1|^….*_long_1 /);
  });

  it('uses only ASCII without Unicode, with the same lines', () => {
    const lines = terminalPicture(spectra, {...style, unicode: false}).split('\n');
    expect(lines.join('')).toMatch(/^\p{ASCII}+$/u);
    expect(lines[1]).toMatch(/^whole network +.*o.* 11 \+- 0\.4 {2}#+$/);
  });

  it('is the same with colors, which are reset', () => {
    const plain = terminalPicture(spectra, style);
    const colored = terminalPicture(spectra, {...style, color: true});
    const codes = new RegExp(`${ESCAPE}\\[\\d+m`, 'g');
    expect(colored.replaceAll(codes, '').replaceAll(/ +$/gm, '')).toBe(plain);
    for (const line of colored.split('\n')) {
      const found = line.match(codes) ?? [];
      expect(found.filter(code => code === `${ESCAPE}[0m`)).toHaveLength(found.length / 2);
    }
  });

  it('can be drawn for the zero operator, without a bar', () => {
    const none = {value: 0, standardError: null, probes: 1};
    const full = {...withEigenvalues(0), trace: none};
    expect(terminalPicture({full, layers: []}, style)).toMatch(/^.*\nwhole network.*●.* {2}0\n/);
  });
});

describe('a density as a line', () => {
  const axis = axisOver(-1, 100, 41);
  const line = (...eigenvalues: number[]) => densityLine(withEigenvalues(...eigenvalues), axis, 2, style);

  it('shows the density of the eigenvalues and the largest as a dot, from left to right', () => {
    const found = line(-0.8, 0, 1, 30);
    expect([...found]).toHaveLength(41);
    expect(found).toMatch(/^ *[▁-█]+ +[▁-█]+ +[▁-█]+ +[▁-█]*●[▁-█]* *$/);
  });

  it('shows eigenvalues beyond the axis at its end', () => {
    expect(line(0, 1e6)).toMatch(/●$/);
    expect(line(0, 1e6)).toMatch(/[▁-█]●$/);
    expect(line(-1e6, 0)).toMatch(/^[▁-█]/);
  });

  it('is higher where there are more eigenvalues', () => {
    const few = {...block, density: {nodes: [[0, 10]], weights: [[0.99, 0.01]]}, largest: []};
    const levels = [...densityLine(few, axis, 3, style)].map(sign => ' ▁▂▃▄▅▆▇█'.indexOf(sign));
    const middle = Math.round(axis.grid.findIndex(place => place >= 1.5));
    expect(Math.max(...levels.slice(0, middle))).toBeGreaterThan(Math.max(...levels.slice(middle)));
    expect(Math.max(...levels.slice(middle))).toBeGreaterThan(0);
  });
});
