import {element} from './element.js';
import {savePng, saveSvg} from './pictures/export.js';
import type {Drawn, Picture, Readings} from './pictures/picture.js';
import {MARGINS} from './pictures/picture.js';
import {nearest} from './pictures/time-axis.js';
import type {PageState} from './state.js';

/** Space left and right of a picture, in pixels. */
const PADDING = 34;

/** Receives the events of a card. */
export interface CardListener {
  onCursor(step: number | null): void;
  onZoom(from: number, to: number): void;
  onResetZoom(): void;
}

/** A picture in its frame, with the values at the pointer, zoom by dragging, and export. */
export class Card {
  readonly root: HTMLElement;
  private readonly host = element('div', {class: 'picture', tabindex: 0, role: 'img'});
  private readonly line = element('div', {class: 'cursor', hidden: true});
  private readonly brush = element('div', {class: 'brush', hidden: true});
  private readonly tip = element('div', {class: 'tip', hidden: true});
  private readonly said = element('p', {class: 'unseen', 'aria-live': 'polite'});
  private drawn: Drawn | null = null;
  private dragFrom: number | null = null;
  /** The moment to which the keyboard has moved the cursor, as a step, and the row. */
  private keyboardStep: number | null = null;
  private row = 0;

  constructor(
    readonly picture: Picture,
    private readonly listener: CardListener,
    private readonly state: PageState,
    tools: readonly HTMLElement[] = [],
  ) {
    const title = `${picture.title}: `;
    const id = `picture-${picture.name}`;
    this.host.setAttribute('aria-labelledby', id);
    this.host.setAttribute('aria-describedby', `${id}-caption`);
    const save = (format: string, run: (svg: SVGSVGElement) => unknown) =>
      element(
        'button',
        {
          type: 'button',
          class: 'small',
          'aria-label': `${title}save as ${format}`,
          click: () => this.drawn && run(this.drawn.svg),
        },
        format,
      );
    this.root = element(
      'section',
      {class: picture.isWide ? 'card wide' : 'card', 'data-picture': picture.name, hidden: true},
      element(
        'header',
        {},
        element(
          'div',
          {},
          element('h2', {id}, picture.title),
          element('p', {class: 'caption', id: `${id}-caption`}, picture.caption),
        ),
        element(
          'div',
          {class: 'tools'},
          ...tools,
          save('PNG', svg => savePng(svg, this.fileName('png'), picture, this.state)),
          save('SVG', svg => saveSvg(svg, this.fileName('svg'), picture, this.state)),
        ),
      ),
      element('div', {class: 'frame'}, this.host, this.line, this.brush, this.tip),
      this.said,
    );
    this.listen();
  }

  draw(state: PageState): void {
    const data = state.main;
    // A hidden element has no width.
    this.root.hidden = false;
    const width = this.root.clientWidth - PADDING;
    const drawn = data && this.picture.draw(state, data, Math.max(280, width));
    const missing = drawn === null && data !== null ? (this.picture.missing?.(data) ?? null) : null;
    this.root.hidden = drawn === null && missing === null;
    this.drawn = drawn;
    if (drawn === null) {
      this.host.replaceChildren(...(missing === null ? [] : [element('p', {class: 'caption'}, missing)]));
      return;
    }
    // The page has its own style sheet.
    for (const style of drawn.svg.querySelectorAll('style')) style.remove();
    drawn.svg.setAttribute('aria-hidden', 'true');
    for (const part of [this.line, this.brush]) part.style.bottom = `${drawn.below ?? MARGINS.marginBottom}px`;
    this.host.replaceChildren(drawn.svg);
    this.showCursor(state.cursor);
  }

  /** Shows a rule at the step under the pointer, in this picture or another one. */
  showCursor(step: number | null): void {
    const pixel = step === null ? null : (this.drawn?.time?.toPixel(step) ?? null);
    const svg = this.drawn?.svg;
    this.line.hidden = pixel === null || !svg || pixel < 0 || pixel > svg.clientWidth;
    if (!this.line.hidden) this.line.style.left = `${pixel}px`;
  }

  private fileName(extension: string): string {
    return `${this.picture.name}.${extension}`;
  }

  private listen(): void {
    const place = (event: PointerEvent): [x: number, y: number] => {
      const box = this.host.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    this.host.addEventListener('pointermove', event => {
      const [x, y] = place(event);
      this.point(x, y);
      if (this.dragFrom !== null) this.showBrush(this.dragFrom, x);
    });
    this.host.addEventListener('pointerleave', event => {
      // The values that a finger has asked for stay.
      if (this.dragFrom === null && event.pointerType !== 'touch') this.leave();
    });
    this.host.addEventListener('pointerdown', event => {
      if (event.button !== 0 || !this.drawn?.time) return;
      this.dragFrom = place(event)[0];
      this.host.setPointerCapture(event.pointerId);
    });
    this.host.addEventListener('pointerup', event => {
      const [from, to] = [this.dragFrom, place(event)[0]];
      this.dragFrom = null;
      this.brush.hidden = true;
      if (event.pointerType === 'touch') this.point(...place(event));
      const time = this.drawn?.time;
      if (from === null || !time || Math.abs(to - from) < 6) return;
      const steps = [time.toStep(Math.min(from, to)), time.toStep(Math.max(from, to))].map(Math.round);
      this.listener.onZoom(steps[0]!, steps[1]!);
    });
    this.host.addEventListener('pointercancel', () => {
      this.dragFrom = null;
      this.brush.hidden = true;
    });
    this.host.addEventListener('dblclick', () => this.listener.onResetZoom());
    this.host.addEventListener('keydown', event => this.key(event));
    this.host.addEventListener('blur', () => this.leave());
  }

  /** Arrow keys move from moment to moment, and between the rows; the values there are announced. */
  private key(event: KeyboardEvent): void {
    if (event.key === 'Escape') this.leave();
    const cells = this.drawn?.cells;
    if (!cells || cells.steps.length === 0) return;
    const {steps, rows} = cells;
    const isFirst = this.keyboardStep === null;
    const at = isFirst ? steps.length - 1 : nearest(steps, this.keyboardStep!);
    const across = {ArrowLeft: isFirst ? at : at - 1, ArrowRight: at + 1, Home: 0, End: steps.length - 1}[event.key];
    const down = rows > 1 ? {ArrowUp: -1, ArrowDown: 1}[event.key] : undefined;
    if (across === undefined && down === undefined) return;
    event.preventDefault();
    const moment = Math.max(0, Math.min(steps.length - 1, across ?? at));
    this.row = Math.max(0, Math.min(rows - 1, this.row + (isFirst ? 0 : (down ?? 0))));
    this.keyboardStep = steps[moment]!;
    const readings = this.point(...cells.at(moment, this.row));
    if (readings) this.said.textContent = spoken(readings);
  }

  private point(x: number, y: number): Readings | null {
    const readings = this.drawn?.read(x, y) ?? null;
    const time = this.drawn?.time;
    this.tip.hidden = readings === null;
    if (readings === null) return null;
    if (time) this.listener.onCursor(time.toStep(x));
    this.tip.replaceChildren(
      element('strong', {}, readings.title),
      ...readings.lines.slice(0, 14).map(({color, name, value}) => {
        const swatch = element('i', {class: 'swatch'});
        swatch.style.background = color ?? 'none';
        return element('div', {}, swatch, element('span', {}, name), element('b', {}, value));
      }),
      ...(readings.lines.length > 14 ? [element('div', {}, `and ${readings.lines.length - 14} more`)] : []),
    );
    const room = this.host.clientWidth - this.tip.offsetWidth;
    this.tip.style.left = `${Math.max(0, x + 16 > room ? Math.min(room, x - this.tip.offsetWidth - 16) : x + 16)}px`;
    this.tip.style.top = `${Math.max(0, Math.min(y - 20, this.host.clientHeight - this.tip.offsetHeight))}px`;
    return readings;
  }

  private leave(): void {
    this.tip.hidden = true;
    this.keyboardStep = null;
    this.listener.onCursor(null);
  }

  private showBrush(from: number, to: number): void {
    this.brush.hidden = Math.abs(to - from) < 6;
    this.brush.style.left = `${Math.min(from, to)}px`;
    this.brush.style.width = `${Math.abs(to - from)}px`;
  }
}

function spoken({title, lines}: Readings): string {
  return [title, ...lines.map(({name, value}) => `${name} ${value}`)].join('; ');
}
