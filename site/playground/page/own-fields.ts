import {element} from '../../../src/dashboard/page/element.js';
import type {OwnFiles} from '../messages.js';

/** The files of a user's own model and data. They stay in the browser. */
export class OwnFields {
  readonly root: HTMLElement;
  private readonly model = element('input', {type: 'file', id: 'own-model', multiple: true, change: () => this.tell()});
  private readonly data = element('input', {
    ...{type: 'file', id: 'own-data', accept: '.npz,.csv,.json'},
    change: () => this.tell(),
  });
  private readonly loss = element('input', {
    ...{type: 'text', id: 'own-loss', placeholder: 'that of the file'},
    change: () => this.tell(),
  });

  /** What the training has. */
  private told: readonly unknown[] = [];

  constructor(private readonly onFiles: () => void) {
    const field = (id: string, text: string, input: HTMLElement) =>
      element('div', {class: 'field wide-field'}, element('label', {for: id}, text), input);
    this.root = element(
      'div',
      {class: 'own', hidden: true},
      field('own-model', 'model.json and the files of its weights', this.model),
      field('own-data', 'Data x and y: .npz, .csv or .json', this.data),
      field('own-loss', 'Loss', this.loss),
      element('p', {class: 'caption'}, 'The files stay in this browser. Nothing is uploaded.'),
    );
  }

  get files(): OwnFiles {
    return {model: [...(this.model.files ?? [])], data: this.data.files?.[0] ?? null, loss: this.loss.value.trim()};
  }

  get isComplete(): boolean {
    const {model, data} = this.files;
    return model.length > 0 && data !== null;
  }

  /** Not twice for the same: a field that loses the focus to a button would move the button away from the pointer. */
  private tell(): void {
    const now = [...(this.model.files ?? []), this.data.files?.[0], this.files.loss];
    const isTold = now.length === this.told.length && now.every((value, i) => value === this.told[i]);
    if (isTold || !this.isComplete) return;
    this.told = now;
    this.onFiles();
  }
}
