// The inner loops of orthogonalization as a WebAssembly module with SIMD instructions: four rows at a time.
//
//   dots(w, rows, stride, bytes, c):      c_k = ⟨row_k, w⟩
//   subtract(w, rows, stride, bytes, c):  w −= Σ c_k row_k,    k = 0 … 3
//   scale(w, rows, stride, bytes, c):     w := c_0 w
//
// All arguments are addresses and lengths in bytes; c is float64. Sums of float32 numbers go over to float64 after each block.
// The opcodes are those of the WebAssembly core specification, version 2.0.

/** The numbers of the rows and of w. */
export type Precision = 'float32' | 'float64';

/** The exports of the module. */
export interface SimdExports {
  readonly memory: WebAssembly.Memory;
  dots(w: number, rows: number, stride: number, bytes: number, c: number): void;
  subtract(w: number, rows: number, stride: number, bytes: number, c: number): void;
  scale(w: number, rows: number, stride: number, bytes: number, c: number): void;
}

/** Bytes of an instruction, or instructions. */
type Code = readonly (number | Code)[];

/** The length in bytes of what one instruction reads: `bytes` must be a multiple of it. */
export const VECTOR = 16;

/** A float32 sum takes at most this many bytes of w. */
const BLOCK = 2048;

/** A module for rows of numbers of one precision; `null` where WebAssembly or its SIMD instructions are missing. */
export function simdModule(precision: Precision): WebAssembly.Module | null {
  try {
    return new WebAssembly.Module(moduleOf(precision));
  } catch {
    return null;
  }
}

// Parameters, then variables.
const [W, ROWS, STRIDE, BYTES, C] = [0, 1, 2, 3, 4] as const;
const PARAMETERS = 5;
/** Address of row k minus that of w. */
const offset = (k: number) => PARAMETERS + k;
const END = PARAMETERS + 4;
const BLOCK_END = PARAMETERS + 5;
/** c_k as float64. */
const sum = (k: number) => PARAMETERS + 6 + k;
/** A vector for row k. */
const vector = (k: number) => PARAMETERS + 10 + k;
const X = PARAMETERS + 14;
const VARIABLES: readonly (readonly [count: number, type: number])[] = [
  [6, 0x7f],
  [4, 0x7c],
  [5, 0x7b],
];

const get = (variable: number): Code => [0x20, variable];
const set = (variable: number, value: Code): Code => [value, 0x21, variable];
const constant = (value: number): Code => [0x41, signed(value)];
const add = (a: Code, b: Code): Code => [a, b, 0x6a];
const isLess = (a: Code, b: Code): Code => [a, b, 0x49];
/** Repeats a body as long as a condition holds, at least once. */
const repeat = (body: Code, condition: Code): Code => [0x03, 0x40, body, condition, 0x0d, 0, 0x0b];
const load = (address: Code): Code => [address, 0xfd, 0, 0, 0];
const store = (address: Code, value: Code): Code => [address, value, 0xfd, 11, 0, 0];
const loadNumber = (address: Code, at: number): Code => [address, 0x2b, 3, at];
const storeNumber = (address: Code, at: number, value: Code): Code => [address, value, 0x39, 3, at];
const addNumbers = (a: Code, b: Code): Code => [a, b, 0xa0];
const ZERO: Code = [0xfd, 12, ...new Array<number>(16).fill(0)];

const four = (code: (k: number) => Code): Code => [0, 1, 2, 3].map(code);

interface Arithmetic {
  plus(a: Code, b: Code): Code;
  minus(a: Code, b: Code): Code;
  times(a: Code, b: Code): Code;
  /** A float64 number in all places. */
  splat(x: Code): Code;
  /** The number in one place, as float64. */
  place(vector: Code, i: number): Code;
  readonly places: number;
}

const arithmetics: Readonly<Record<Precision, Arithmetic>> = {
  float32: {
    plus: (a, b) => [a, b, 0xfd, unsigned(228)],
    minus: (a, b) => [a, b, 0xfd, unsigned(229)],
    times: (a, b) => [a, b, 0xfd, unsigned(230)],
    splat: x => [x, 0xb6, 0xfd, 19],
    place: (a, i) => [a, 0xfd, 31, i, 0xbb],
    places: 4,
  },
  float64: {
    plus: (a, b) => [a, b, 0xfd, unsigned(240)],
    minus: (a, b) => [a, b, 0xfd, unsigned(241)],
    times: (a, b) => [a, b, 0xfd, unsigned(242)],
    splat: x => [x, 0xfd, 20],
    place: (a, i) => [a, 0xfd, 33, i],
    places: 2,
  },
};

const row = (k: number): Code => load(add(get(W), get(offset(k))));
const next: Code = set(W, add(get(W), constant(VECTOR)));
/** The addresses of the rows relative to w, and the end of w. */
const begin: Code = [
  set(offset(0), [get(ROWS), get(W), 0x6b]),
  [1, 2, 3].map(k => set(offset(k), add(get(offset(k - 1)), get(STRIDE)))),
  set(END, add(get(W), get(BYTES))),
];

function dots({plus, times, place, places}: Arithmetic): Code {
  const ofBlock = repeat(
    [set(X, load(get(W))), four(k => set(vector(k), plus(get(vector(k)), times(row(k), get(X))))), next],
    isLess(get(W), get(BLOCK_END)),
  );
  const total = (k: number): Code =>
    Array.from({length: places}, (_, i) => place(get(vector(k)), i)).reduce<Code>(addNumbers, get(sum(k)));
  // The block ends with w or earlier: `select` takes its first value if the condition holds.
  const blockEnd: Code = set(BLOCK_END, [
    add(get(W), constant(BLOCK)),
    get(END),
    isLess(add(get(W), constant(BLOCK)), get(END)),
    0x1b,
  ]);
  return [
    begin,
    repeat(
      [blockEnd, four(k => set(vector(k), ZERO)), ofBlock, four(k => set(sum(k), total(k)))],
      isLess(get(W), get(END)),
    ),
    four(k => storeNumber(get(C), 8 * k, get(sum(k)))),
  ];
}

function subtract({plus, minus, times, splat}: Arithmetic): Code {
  const term = (k: number) => times(get(vector(k)), row(k));
  return [
    begin,
    four(k => set(vector(k), splat(loadNumber(get(C), 8 * k)))),
    repeat(
      [store(get(W), minus(load(get(W)), plus(plus(term(0), term(1)), plus(term(2), term(3))))), next],
      isLess(get(W), get(END)),
    ),
  ];
}

function scale({times, splat}: Arithmetic): Code {
  return [
    begin,
    set(vector(0), splat(loadNumber(get(C), 0))),
    repeat([store(get(W), times(load(get(W)), get(vector(0)))), next], isLess(get(W), get(END))),
  ];
}

function moduleOf(precision: Precision): Uint8Array<ArrayBuffer> {
  const arithmetic = arithmetics[precision];
  const bodies = [dots(arithmetic), subtract(arithmetic), scale(arithmetic)].map(code =>
    sized([VARIABLES.length, VARIABLES.map(each => [...each]), code, 0x0b]),
  );
  const exported = (name: string, kind: number, index: number): Code => [
    sized(Array.from(name, c => c.charCodeAt(0))),
    kind,
    index,
  ];
  const bytes = flat([
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    // One type: five numbers in, nothing out. Three functions of it. One memory of at least one page.
    section(1, [1, 0x60, PARAMETERS, new Array<number>(PARAMETERS).fill(0x7f), 0]),
    section(3, [3, 0, 0, 0]),
    section(5, [1, 0, 1]),
    section(7, [
      4,
      exported('memory', 2, 0),
      exported('dots', 0, 0),
      exported('subtract', 0, 1),
      exported('scale', 0, 2),
    ]),
    section(10, [bodies.length, bodies]),
  ]);
  return Uint8Array.from(bytes);
}

function section(id: number, content: Code): Code {
  return [id, sized(content)];
}

/** Content after its length. */
function sized(content: Code): Code {
  const bytes = flat(content);
  return [unsigned(bytes.length), bytes];
}

function flat(code: Code): number[] {
  return code.flatMap(part => (typeof part === 'number' ? [part] : flat(part)));
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

/** Signed LEB128, of a number that is not negative. */
function signed(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...signed(value >>> 7)];
}
