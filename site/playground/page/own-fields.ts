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

  private tell(): void {
    if (this.isComplete) this.onFiles();
  }
}
