import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseHTML} from 'linkedom';
import {afterAll, describe, expect, it} from 'vitest';
import type {LossSurface} from '../../src/estimators/loss-surface.js';
import {contourLevels} from '../../src/report/surface-figure.js';
import {writeLossSurface} from '../../src/sinks/write-loss-surface.js';

const folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-surface-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

/** u² + 4 v² + 1: its contours are ellipses that are twice as wide as high. */
function bowl(u: number[], v: number[]): LossSurface {
  return {
    ...{directions: 'eigenvectors', u, v, center: 1, norms: [1, 1], cosine: 0},
    loss: u.map(a => v.map(b => a ** 2 + 4 * b ** 2 + 1)),
    eigenvalues: [
      {value: 8, residual: 0.1},
      {value: 2, residual: 0.1},
    ],
  };
}

const steps = Array.from({length: 41}, (_, i) => (i - 20) / 10);

async function written(name: string, surface: LossSurface): Promise<Buffer> {
  await writeLossSurface(join(folder, name), surface);
  return readFileSync(join(folder, name));
}

/** The ends of a path's points along x and y. */
function extent(path: string): {width: number; height: number} {
  const points = [...path.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
  const size = (at: 0 | 1) => Math.max(...points.map(point => point[at])) - Math.min(...points.map(point => point[at]));
  return {width: size(0), height: size(1)};
}

describe('A surface in a file', () => {
  it('as .svg has contours of the losses: those of u² + 4 v² are twice as wide as high', async () => {
    const svg = String(await written('bowl.svg', bowl(steps, steps)));
    expect(svg).not.toMatch(/NaN|Infinity|undefined|<style/);
    const {document} = parseHTML(svg);
    const rings = [...document.querySelectorAll('g[aria-label="contour"] path')].map(path => path.getAttribute('d')!);
    expect(rings).toHaveLength(contourLevels(bowl(steps, steps).loss.flat()).length);
    // The losses below a contour are a hole in it: two rings, the frame's and the ellipse.
    const hole = rings[4]!
      .split('M')
      .filter(Boolean)
      .map(extent)
      .sort((a, b) => a.width - b.width)[0]!;
    expect(hole.width / hole.height).toBeCloseTo(2, 1);
    const texts = [...document.querySelectorAll('text')].map(text => text.textContent);
    expect(texts).toEqual(expect.arrayContaining(['Loss along the top two eigenvectors', 'u', 'v']));
    expect(texts.join('\n')).toContain('Curvature 8 ± 0.1 along u, 2 ± 0.1 along v.');
  });

  it('as .svg is a line if one axis has one point', async () => {
    for (const surface of [bowl(steps, [0]), bowl([0], steps)]) {
      const svg = String(await written('line.svg', surface));
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      expect(parseHTML(svg).document.querySelectorAll('g[aria-label="line"] path')).toHaveLength(1);
    }
  });

  it('as .png is a picture, and as .json the surface itself', async () => {
    expect((await written('bowl.png', bowl(steps, steps))).subarray(1, 4).toString()).toBe('PNG');
    expect(JSON.parse(String(await written('bowl.json', bowl(steps, steps))))).toEqual(bowl(steps, steps));
  });

  it('is refused with a reason: another extension, a folder that is not there, losses that are not a grid', async () => {
    const surface = bowl([0, 1], [0]);
    await expect(writeLossSurface(join(folder, 'a.gif'), surface)).rejects.toThrow(/ends in \.json, \.svg, \.png/);
    await expect(writeLossSurface(join(folder, 'no', 'a.svg'), surface)).rejects.toThrow(/its folder does not exist/);
    const wrong = {...surface, loss: [[1, 2]]};
    await expect(writeLossSurface(join(folder, 'a.svg'), wrong)).rejects.toThrow(/a list of 2 lists of 1 numbers/);
  });
});
