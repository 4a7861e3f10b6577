import {describe, expect, it, vi} from 'vitest';
import {ProductTeam, type TeamMember} from '../../../src/cluster/team/product-team.js';
import {WorkerDeath} from '../../../src/cluster/team/worker-death.js';

/** A worker that answers with its name and its batches. */
class Member implements TeamMember {
  isDead = false;
  error: Error | null = null;
  constructor(readonly name: string) {}

  async run(_: Uint8Array, batches: readonly number[]): Promise<Uint8Array> {
    if (this.error !== null) throw this.error;
    return new TextEncoder().encode(`${this.name}: ${batches.join(' ')}`);
  }
}

/** A team of members that may change. */
function teamOf(batches: number, members: Member[]) {
  const alive = () => members.filter(({isDead}) => !isDead);
  const team = new ProductTeam<Member>(batches, {alive: async () => alive(), present: alive});
  return async () => {
    const answers: string[] = [];
    const {signal} = new AbortController();
    await team.run(new Uint8Array(), answer => answers.push(new TextDecoder().decode(answer)), signal);
    return answers.sort();
  };
}

const named = (...names: string[]) => names.map(name => new Member(name));

describe('ProductTeam', () => {
  it('gives a worker that joins later an equal part at the next task, from the ends of the longest parts', async () => {
    const members = named('a');
    const run = teamOf(5, members);
    expect(await run()).toEqual(['a: 0 1 2 3 4']);
    members.push(...named('b'));
    expect(await run()).toEqual(['a: 0 1 2', 'b: 3 4']);
    expect(await run()).toEqual(['a: 0 1 2', 'b: 3 4']);
    members.push(...named('c', 'd', 'e', 'f'));
    expect(await run()).toEqual(['a: 0', 'b: 3', 'c: 2', 'd: 1', 'e: 4']);
  });

  it('runs each batch once when some die and others join', async () => {
    const members = named('a', 'b');
    const run = teamOf(7, members);
    await run();
    members.push(...named('c'));
    const [, b] = members;
    b!.error = new WorkerDeath('gone');
    b!.isDead = true;
    const answers = await run();
    expect(answers.flatMap(text => text.slice(3).split(' ').map(Number)).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(answers.every(text => !text.startsWith('b'))).toBe(true);
  });

  it('goes on without a worker that fails at its first task, and fails with one that has answered', async () => {
    const members = named('a');
    const run = teamOf(4, members);
    await run();
    const [late] = named('late') as [Member];
    late.error = new Error('a class that it does not know');
    members.push(late);
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect(await run()).toEqual(['a: 0 1', 'a: 2 3']);
    expect(warned.mock.calls).toEqual([[expect.stringMatching(/goes on without it: a class that it does not know$/)]]);
    warned.mockRestore();
    expect(await run()).toEqual(['a: 0 1 2 3']);
    members[0]!.error = new Error('a product that is not finite');
    await expect(run()).rejects.toThrow('a product that is not finite');
  });
});
