// How many bytes a second vectors take through a Redis server on this machine, written and read again in pieces.
// It starts a server of its own on a free port, without a disk, and speaks the protocol (RESP 2) itself: a client library comes on top.
//
//   npx tsx bench/redis-vectors.ts
import {spawn} from 'node:child_process';
import {connect, createServer, type Socket} from 'node:net';
import os from 'node:os';

/** Of a piece, in bytes. One value of Redis is at most 512 MB. */
const PIECE = 2 ** 24;

const port = await freePort();
const server = spawn('redis-server', ['--port', String(port), '--save', '', '--appendonly', 'no'], {stdio: 'ignore'});
try {
  const socket = await connected(port);
  socket.setNoDelay(true);
  const [cpu] = os.cpus();
  console.log(`${cpu?.model}, ${os.cpus().length} cores, load ${os.loadavg()[0]!.toFixed(1)}, Node ${process.version}`);
  console.log('floats       MB  write (s)  read (s)  write (MB/s)  read (MB/s)');
  for (const floats of [1e5, 1e6, 1e7]) {
    const vector = Buffer.from(new Float32Array(floats).fill(1.5).buffer);
    const repeats = floats < 1e6 ? 20 : 5;
    const writes: number[] = [];
    const reads: number[] = [];
    for (let i = 0; i < repeats; i++) {
      writes.push(await seconds(() => write(socket, 'v', vector)));
      reads.push(await seconds(() => read(socket, 'v', vector.length)));
    }
    const [w, r] = [median(writes), median(reads)];
    const mb = vector.length / 1e6;
    const columns = [
      floats.toExponential(0),
      mb.toFixed(1),
      w.toFixed(4),
      r.toFixed(4),
      (mb / w).toFixed(0),
      (mb / r).toFixed(0),
    ];
    console.log(columns.map((text, at) => text.padStart([6, 8, 11, 10, 14, 13][at]!)).join(''));
  }
  socket.destroy();
} finally {
  server.kill();
}

async function write(socket: Socket, key: string, value: Buffer): Promise<void> {
  const pieces = Math.ceil(value.length / PIECE);
  const done = receive(socket, '+OK\r\n'.length * pieces);
  for (let i = 0; i < pieces; i++) {
    const piece = value.subarray(i * PIECE, (i + 1) * PIECE);
    socket.write(`*3\r\n$3\r\nSET\r\n$${key.length + 2}\r\n${key}:${i}\r\n$${piece.length}\r\n`);
    socket.write(piece);
    socket.write('\r\n');
  }
  await done;
}

async function read(socket: Socket, key: string, bytes: number): Promise<void> {
  const pieces = Array.from({length: Math.ceil(bytes / PIECE)}, (_, i) => Math.min(PIECE, bytes - i * PIECE));
  const done = receive(
    socket,
    pieces.reduce((sum, length) => sum + `$${length}\r\n`.length + length + 2, 0),
  );
  for (const i of pieces.keys()) socket.write(`*2\r\n$3\r\nGET\r\n$${key.length + 2}\r\n${key}:${i}\r\n`);
  await done;
}

/** Resolves when so many bytes have come. They are put into one piece of memory, as a client does. */
function receive(socket: Socket, bytes: number): Promise<void> {
  const whole = Buffer.alloc(bytes);
  return new Promise((resolve, reject) => {
    let come = 0;
    const onData = (chunk: Buffer) => {
      whole.set(chunk, come);
      come += chunk.length;
      if (come < bytes) return;
      socket.off('data', onData);
      if (whole[0] === '-'.charCodeAt(0)) reject(new Error(whole.toString('latin1', 0, 100)));
      else resolve();
    };
    socket.on('data', onData);
  });
}

async function seconds(body: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await body();
  return (performance.now() - began) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve));
  const {port: free} = listener.address() as {port: number};
  await new Promise(resolve => listener.close(resolve));
  return free;
}

async function connected(to: number): Promise<Socket> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await new Promise((resolve, reject) => {
        const socket = connect(to, '127.0.0.1', () => resolve(socket));
        socket.on('error', reject);
      });
    } catch (error) {
      if (attempt === 50) throw error;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }
}
