import {randomBytes} from 'node:crypto';

/** A notice with its place in the order in which they were given. */
export interface Logged<T> {
  readonly id: string;
  readonly notice: T;
}

/** The newest notices, so that who was away can be told what was missed. */
export class NoticeLog<T> {
  /** Another server counts from 1 again. */
  private readonly session = randomBytes(4).toString('hex');
  private readonly logged: Logged<T>[] = [];
  private count = 0;

  constructor(private readonly most = 1000) {}

  add(notice: T): Logged<T> {
    const logged = {id: `${this.session}-${++this.count}`, notice};
    this.logged.push(logged);
    if (this.logged.length > 2 * this.most) this.logged.splice(0, this.most);
    return logged;
  }

  clear(): void {
    this.logged.length = 0;
  }

  /** What followed the one that was heard last; `null` where that is not known any more. */
  after(id: string): Logged<T>[] | null {
    const [session, number] = id.split('-');
    const heard = Number(number);
    if (session !== this.session || !(heard >= this.count - this.logged.length && heard <= this.count)) return null;
    return this.logged.slice(this.logged.length - (this.count - heard));
  }

  newest(most: number): Logged<T>[] {
    return this.logged.slice(-most);
  }
}
