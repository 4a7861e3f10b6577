import {scale} from '@observablehq/plot';
import type {LossSurface} from 'tfjs-hessian';
import {element} from '../../../src/dashboard/page/element.js';
import type {Palette} from '../../../src/report/palette.js';
import {soon} from './soon.js';

const WIDTH = 460;
const HEIGHT = 380;
/** How far an arrow key turns the surface, in radians. */
const TURN = 0.15;

interface Corner {
  readonly x: number;
  readonly y: number;
  readonly depth: number;
}

/** The loss as a surface in space, with the logarithm as the height. Dragging and the arrow keys turn it. */
export class SurfaceSolid {
  readonly root: HTMLCanvasElement;
  private turn = 0.7;
  private tilt = 0.9;
  private surface: LossSurface | null = null;
  private palette: Palette | null = null;
  private readonly drawSoon = soon(() => this.draw(), 0);

  constructor() {
    this.root = element('canvas', {
      ...{class: 'surface-solid', role: 'img', tabindex: 0, hidden: true, width: 2 * WIDTH, height: 2 * HEIGHT},
      'aria-label': 'The loss as a surface in space. The arrow keys turn it.',
    });
    const {root} = this;
    root.addEventListener('pointerdown', event => root.setPointerCapture(event.pointerId));
    root.addEventListener('pointermove', event => {
      if (root.hasPointerCapture(event.pointerId)) this.rotate(event.movementX / 100, event.movementY / 100);
    });
    root.addEventListener('keydown', ({key}) => {
      const by = {ArrowLeft: [-TURN, 0], ArrowRight: [TURN, 0], ArrowUp: [0, -TURN], ArrowDown: [0, TURN]}[key];
      if (by) this.rotate(by[0]!, by[1]!);
    });
    root.addEventListener('keydown', event => event.key.startsWith('Arrow') && event.preventDefault());
  }

  show(surface: LossSurface | null, palette: Palette): void {
    this.surface = surface;
    this.palette = palette;
    this.root.hidden = surface === null;
    this.drawSoon();
  }

  private rotate(turn: number, tilt: number): void {
    this.turn += turn;
    this.tilt = Math.max(0.1, Math.min(Math.PI / 2, this.tilt + tilt));
    this.drawSoon();
  }

  private draw(): void {
    const {surface, palette} = this;
    const context = this.root.getContext('2d');
    if (!surface || !palette || !context) return;
    context.setTransform(2, 0, 0, 2, 0, 0);
    context.clearRect(0, 0, WIDTH, HEIGHT);
    const logs = surface.loss.map(row => row.map(loss => Math.log(Math.max(loss, 1e-12))));
    const [least, most] = [Math.min(...logs.flat()), Math.max(...logs.flat())];
    const heightOf = (log: number) => (most > least ? (log - least) / (most - least) : 0);
    const color = scale({color: {type: 'linear', scheme: 'viridis', domain: [0, 1]}});
    const n = logs.length - 1;
    const m = logs[0]!.length - 1;
    const corner = (i: number, j: number) => this.project((2 * i) / n - 1, (2 * j) / m - 1, heightOf(logs[i]![j]!));
    const faces = Array.from({length: n * m}, (_, at) => {
      const [i, j] = [Math.floor(at / m), at % m];
      const corners = [corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1)];
      const height = heightOf((logs[i]![j]! + logs[i + 1]![j + 1]!) / 2);
      return {corners, height, depth: corners.reduce((sum, {depth}) => sum + depth, 0)};
    });
    // The far ones first, so that the near ones cover them.
    faces.sort((a, b) => b.depth - a.depth);
    context.lineWidth = 0.5;
    context.strokeStyle = palette.paper;
    for (const {corners, height} of faces) {
      context.beginPath();
      for (const {x, y} of corners) context.lineTo(x, y);
      context.closePath();
      context.fillStyle = color.apply(height) as string;
      context.fill();
      context.stroke();
    }
    const middle = this.project(0, 0, heightOf(Math.log(Math.max(surface.center, 1e-12))));
    context.beginPath();
    context.arc(middle.x, middle.y, 5, 0, 2 * Math.PI);
    context.fillStyle = palette.accent;
    context.fill();
  }

  /** A parallel projection, with the height upwards. */
  private project(a: number, b: number, height: number): Corner {
    const [across, along] = [
      a * Math.cos(this.turn) - b * Math.sin(this.turn),
      a * Math.sin(this.turn) + b * Math.cos(this.turn),
    ];
    const up = (height - 0.5) * 1.3;
    return {
      x: WIDTH / 2 + 150 * across,
      y: HEIGHT / 2 + 150 * (-along * Math.cos(this.tilt) * 0.9 - up * Math.sin(this.tilt) * 0.95),
      depth: along * Math.sin(this.tilt) - up * Math.cos(this.tilt),
    };
  }
}
