import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {CustomCallback} from '@tensorflow/tfjs-layers';
import {EngineError, everyBatches, HessianSpectrumCallback, lossSurface} from 'tfjs-hessian';
import {turn} from '../../../src/event-loop.js';
import type {FromWorker, SurfaceAsk} from '../messages.js';
import type {LiveSettings, Settings} from '../settings.js';
import {setLearningRate} from './optimizer.js';
import {Penalty} from './penalty.js';

/** A compiled model and its data. */
export interface Subject {
  readonly model: LayersModel;
  readonly x: Tensor | Tensor[];
  readonly y: Tensor | Tensor[];
  readonly rows: number;
}

type Tell = (message: FromWorker) => void;

/** The time between two reports of a step, in milliseconds. */
const REPORT = 100;
/** The longest time in which messages of the page wait, in milliseconds, except for a step and for a product of a sample. */
const BREATH = 20;
/** The rows on which curvature is measured. */
const SAMPLED = 256;

/** A training that runs until its worker ends, and takes changes between two steps. */
export class Training {
  private live: LiveSettings;
  private isChanged = true;
  private resume: (() => void) | null = null;
  private isPaused = false;
  private asked: SurfaceAsk | null = null;
  private step = 0;
  private reported = 0;
  private breathed = 0;
  private readonly penalty: Penalty;

  constructor(
    private readonly subject: Subject,
    private readonly settings: Settings,
    private readonly tell: Tell,
    /** Is told why the engine cannot compute the right numbers. */
    private readonly engineFailed: (why: string) => void,
  ) {
    this.live = settings;
    let told = 0;
    this.penalty = new Penalty(subject.model, settings.seed, point => {
      const now = performance.now();
      if (now - told < REPORT) return;
      told = now;
      tell({kind: 'penalty', point});
    });
  }

  change(live: LiveSettings): void {
    this.live = live;
    this.isChanged = true;
  }

  pause(isPaused: boolean): void {
    this.isPaused = isPaused;
    if (!isPaused) this.wake();
  }

  /** The loss around the current weights, before the next step. */
  surface(ask: SurfaceAsk): void {
    this.asked = ask;
    this.wake();
  }

  async run(): Promise<void> {
    const {model, x, y, rows} = this.subject;
    const {every, seed, batch} = this.settings;
    const curvature = new HessianSpectrumCallback({
      schedule: everyBatches(every),
      batch: {x, y}, // always the same, so that what changes is the network
      subBatch: Math.min(rows, SAMPLED),
      steps: 12,
      probes: 2,
      seed,
      yieldEvery: 'never', // `breathe` does it, without waiting for the next frame of the page
    });
    curvature.samples$.subscribe(sample => this.tell({kind: 'sample', sample}));
    curvature.failures$.subscribe(({error}) => this.trouble(error, false));
    const between = new CustomCallback({
      onTrainBegin: () => this.takeChanges(),
      onBatchEnd: async (_, logs) => {
        this.step++;
        this.report(logs?.loss as number, (logs?.acc as number | undefined) ?? null);
        await this.breathe();
      },
    });
    const batchSize = batch === 0 ? rows : Math.min(batch, rows);
    try {
      await model.fit(x, y, {epochs: 1_000_000, batchSize, verbose: 0, callbacks: [curvature, between]});
    } catch (error) {
      this.trouble(error, true);
    }
  }

  private async breathe(): Promise<void> {
    if (performance.now() - this.breathed > BREATH) {
      await turn(); // messages of the page arrive
      this.breathed = performance.now();
    }
    do {
      if (this.asked !== null) await this.takeSurface(this.asked);
      if (this.isPaused)
        await new Promise<void>(resolve => {
          this.resume = resolve;
        });
    } while (this.isPaused || this.asked !== null);
    await this.takeChanges();
  }

  private wake(): void {
    this.resume?.();
    this.resume = null;
  }

  private async takeChanges(): Promise<void> {
    if (!this.isChanged) return;
    this.isChanged = false;
    try {
      setLearningRate(this.subject.model, this.live.rate);
      this.penalty.change(this.live);
    } catch (error) {
      this.trouble(error, false);
    }
  }

  private async takeSurface({directions, points, range}: SurfaceAsk): Promise<void> {
    this.asked = null;
    const {model, x, y} = this.subject;
    try {
      const surface = await lossSurface(
        model,
        {x, y},
        {
          directions,
          points,
          range,
          seed: this.settings.seed,
          onProgress: ({done, total}) => this.tell({kind: 'surfaceProgress', done, total}),
        },
      );
      this.tell({kind: 'surface', surface, step: this.step});
    } catch (error) {
      this.trouble(error, false);
    }
  }

  private report(loss: number, accuracy: number | null): void {
    if (!Number.isFinite(loss)) {
      this.subject.model.stopTraining = true;
      this.trouble(new Error('The loss is no longer finite. Lower the learning rate and start again.'), true);
      return;
    }
    const now = performance.now();
    if (now - this.reported < REPORT) return;
    this.reported = now;
    this.tell({kind: 'step', step: this.step, loss, accuracy});
  }

  private trouble(error: unknown, isOver: boolean): void {
    if (error instanceof EngineError) this.engineFailed(error.message.replace(/\.$/, ''));
    else this.tell({kind: 'trouble', message: (error as Error).message, isOver});
  }
}

/** The number of a model's trainable parameters. */
export function parametersOf({trainableWeights}: LayersModel): number {
  return trainableWeights.reduce((sum, {shape}) => sum + tf.util.sizeFromShape(shape as number[]), 0);
}
