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
}

/**
 * Divides the batches of a data set among workers: neighbouring batches lie with one worker, which can add them. The batches of a worker
 * that dies go to others.
 */
export class ProductTeam<Member extends TeamMember> {
  /** The worker of each batch. */
  private readonly owners: (Member | null)[];

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
            if (!(error instanceof WorkerDeath)) throw error;
            await runOn(shard, error, losses + 1);
            return;
          }
          onAnswer(answer);
        }),
      );
    };
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

  /** Divides batches by their workers. Those without one are given to those who are alive. */
  private async shardsOf(
    batches: readonly number[],
    death: WorkerDeath | null,
    losses: number,
    signal: AbortSignal,
  ): Promise<Map<Member, number[]>> {
    const isOrphan = (batch: number) => this.owners[batch]?.isDead ?? true;
    if (batches.some(isOrphan)) {
      const heirs = await this.crew.alive(death, losses, signal);
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
