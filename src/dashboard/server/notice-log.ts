import {randomBytes} from 'node:crypto';

/** A notice with its id. */
export interface Logged<T> {
  readonly id: string;
  readonly notice: T;
}

/** The newest notices, from which a page that reconnects receives what it missed. */
export class NoticeLog<T> {
  /** Tells the ids of this server from those of an earlier one. */
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

  /** The notices after the given one; `null` if it is no longer known. */
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
