import {readFileSync} from 'node:fs';
import os from 'node:os';
import type {Engine} from 'tfjs-hessian/node';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly engine: string;
}

export function describeMachine(engine: Engine): Machine {
  const [processor] = os.cpus();
  return {
    processor: processor?.model.trim() || 'unknown',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.arch()}`,
    node: process.version,
    engine:
      engine.library === null
        ? `${engine.package} ${engine.version}`
        : `${engine.package} ${engine.version} on libtensorflow ${engine.library}`,
  };
}

/** A name for files. */
export function machineName({processor, cores}: Machine): string {
  return `${processor
    .replace(/\(.*?\)|@.*/g, '')
    .trim()
    .replace(/[^A-Za-z0-9]+/g, '-')
    .toLowerCase()}-${cores}-cores`;
}

/** How busy other processes kept the machine. */
export interface Load {
  /** Runnable processes per core at the start (load average of one minute); `null` if unknown. */
  readonly before: number | null;
  /** The share of all cores' time that other processes used, 0 to 1; `null` if unknown. */
  readonly others: number | null;
}

/** Observes the machine until the returned function is called. */
export function watchLoad(): (ofPeers: number) => Load {
  const cores = os.cpus().length;
  const average = os.loadavg()[0]!;
  const [busyBefore, ownBefore, began] = [busySeconds(), ownSeconds(), performance.now()];
  return ofPeers => {
    const busy = busySeconds();
    const wall = ((performance.now() - began) / 1000) * cores;
    return {
      before: process.platform === 'win32' ? null : average / cores,
      others:
        busy === null || busyBefore === null
          ? null
          : Math.max(0, (busy - busyBefore - (ownSeconds() - ownBefore) - ofPeers) / wall),
    };
  };
}

function ownSeconds(): number {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1e6;
}

function busySeconds(): number | null {
  try {
    const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.split(/\s+/);
    const [user, nice, system, , , irq, softirq, steal] = ticks.map(Number) as [number, ...number[]];
    return (user! + nice! + system! + irq! + softirq! + steal!) / 100;
  } catch {
    return null;
  }
}
