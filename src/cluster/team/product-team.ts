import {toError} from '../../streams/shielded.js';
import {warn} from '../../warnings.js';
import {WorkerDeath} from './worker-death.js';

/** A worker of a team, which computes on the batches that it is asked for. */
export interface TeamMember {
  readonly isDead: boolean;
  /**
   * Runs a task on some batches.
   *
   * @returns the answer.
   * @throws WorkerDeath if the worker ends before it answers, and what it throws itself.
   */
  run(task: Uint8Array, batches: readonly number[], signal: AbortSignal): Promise<Uint8Array>;
}

/** Where the workers of a team come from. */
export interface Crew<Member> {
  /**
   * The workers that are alive, at least one.
   *
   * @param death the death whose batches they are to take; `null`: no worker had them.
   * @param losses how many workers have died with these batches in this task.
   * @throws if there is none.
   */
  alive(death: WorkerDeath | null, losses: number, signal: AbortSignal): Promise<readonly Member[]>;
  /** The workers that are alive now, perhaps none. */
  present(): readonly Member[];
}

/**
 * Divides the batches of a data set among workers: neighbouring batches lie with one worker, which can add them. The batches of a worker
 * that dies go to others. A worker that joins later takes its share at the next task; if it fails at its first one, the others go on
 * without it.
 */
export class ProductTeam<Member extends TeamMember> {
  /** The worker of each batch. */
  private readonly owners: (Member | null)[];
  /** Those who joined later and have not answered yet, and those who failed then. */
  private readonly untried = new Set<Member>();
  private readonly unfit = new Set<Member>();

  constructor(
    batches: number,
    private readonly crew: Crew<Member>,
  ) {
    this.owners = new Array<Member | null>(batches).fill(null);
  }

  /** Runs a task on every batch once, as `ProductWorkers.run`. */
  async run(task: Uint8Array, onAnswer: (answer: Uint8Array) => void, signal: AbortSignal): Promise<void> {
    const runOn = async (batches: readonly number[], death: WorkerDeath | null, losses: number): Promise<void> => {
      const shards = await this.shardsOf(batches, death, losses, signal);
      await Promise.all(
        [...shards].map(async ([member, shard]) => {
          let answer: Uint8Array;
          try {
            answer = await member.run(task, shard, signal);
          } catch (error) {
            if (error instanceof WorkerDeath) return runOn(shard, error, losses + 1);
            if (signal.aborted || !this.untried.delete(member)) throw error;
            this.unfit.add(member);
            warn(
              'slower',
              `A worker joined and failed at its first product, which goes on without it: ${toError(error).message}`,
            );
            return runOn(shard, null, losses);
          }
          this.untried.delete(member);
          onAnswer(answer);
        }),
      );
    };
    this.shareWithNewcomers();
    await runOn([...this.owners.keys()], null, 0);
  }

  /** A line for each worker, with its batches. */
  explain(): string[] {
    const shards = new Map<Member, number[]>();
    for (const [batch, owner] of this.owners.entries()) {
      if (owner !== null) shards.set(owner, [...(shards.get(owner) ?? []), batch]);
    }
    return [...shards.values()].map((batches, i) => `worker ${i + 1}: ${rangesOf(batches)}`);
  }

  private isFit(member: Member | null): boolean {
    return member !== null && !member.isDead && !this.unfit.has(member);
  }

  /** Gives an equal part of the batches to each worker that has none, from the ends of the longest parts. */
  private shareWithNewcomers(): void {
    if (!this.owners.every(owner => this.isFit(owner))) return;
    const counts = new Map<Member, number>();
    for (const owner of this.owners) counts.set(owner!, (counts.get(owner!) ?? 0) + 1);
    for (const newcomer of this.crew.present()) {
      if (counts.has(newcomer) || !this.isFit(newcomer)) continue;
      const part = Math.floor(this.owners.length / (counts.size + 1));
      for (let i = 0; i < part; i++) {
        const [longest, count] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
        this.owners[this.owners.lastIndexOf(longest)] = newcomer;
        counts.set(longest, count - 1);
      }
      if (part === 0) return;
      counts.set(newcomer, part);
      this.untried.add(newcomer);
    }
  }

  /** Divides batches by their workers. Those without one are given to those who are alive. */
  private async shardsOf(
    batches: readonly number[],
    death: WorkerDeath | null,
    losses: number,
    signal: AbortSignal,
  ): Promise<Map<Member, number[]>> {
    const isOrphan = (batch: number) => !this.isFit(this.owners[batch]!);
    if (batches.some(isOrphan)) {
      const alive = await this.crew.alive(death, losses, signal);
      const fit = alive.filter(member => !this.unfit.has(member));
      // The unfit say themselves what is wrong, where nobody else is left.
      const heirs = fit.length > 0 ? fit : alive;
      const orphans = [...this.owners.keys()].filter(isOrphan);
      for (const [i, batch] of orphans.entries()) {
        this.owners[batch] = heirs[Math.floor((i * heirs.length) / orphans.length)]!;
      }
    }
    const shards = new Map<Member, number[]>();
    for (const batch of batches) {
      const owner = this.owners[batch]!;
      shards.set(owner, [...(shards.get(owner) ?? []), batch]);
    }
    return shards;
  }
}

/** Ascending numbers as text: `batches 0 to 3, 7`. */
function rangesOf(batches: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const batch of batches) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] === batch - 1) range[1] = batch;
    else ranges.push([batch, batch]);
  }
  const shown = ranges.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`));
  return `batch${batches.length === 1 ? '' : 'es'} ${shown.join(', ')}`;
}
