import {element} from '../../../src/dashboard/page/element.js';
import type {RunCharts} from './run-charts.js';

type Wish = (charts: RunCharts) => void;

/** The pictures of the run. Their script, most of the page's, is fetched when there will be something to draw; wishes wait for it. */
export class LaterCharts {
  /** What stands where the parts of the charts will, and takes the same room. */
  readonly layers: HTMLElement = element('div', {hidden: true});
  readonly findings: HTMLElement = element('div', {hidden: true});
  readonly cards: HTMLElement = element('div', {class: 'cards'});
  private charts: RunCharts | null = null;
  private isFetching = false;
  private wishes: Wish[] = [];

  /** @param onTrouble is told why there are no charts. */
  constructor(private readonly onTrouble: (error: Error) => void) {}

  do(wish: Wish): void {
    if (this.charts === null) this.wishes.push(wish);
    else wish(this.charts);
  }

  fetch(): void {
    if (this.charts !== null || this.isFetching) return;
    this.isFetching = true;
    import('./run-charts.js')
      .then(module => this.put(new module.RunCharts()))
      .catch(this.onTrouble)
      .finally(() => {
        this.isFetching = false;
      });
  }

  private put(charts: RunCharts): void {
    this.layers.replaceWith(charts.layers.root);
    this.findings.replaceWith(charts.findings.root);
    this.cards.replaceWith(charts.cards);
    this.charts = charts;
    for (const wish of this.wishes.splice(0)) wish(charts);
  }
}
