import type {Shaped} from './correction.js';

/** The windows of a pool along one spatial axis. */
export interface WindowsOfAxis {
  readonly window: number;
  readonly stride: number;
  /** How many elements of the first window are before the image. */
  readonly before: number;
  readonly image: number;
  readonly count: number;
}

/** The attributes that define the windows. */
interface PoolAttributes {
  readonly filterSize?: unknown;
  readonly strides?: unknown;
  readonly pad?: unknown;
}

/**
 * The windows of a pool, one entry for each spatial axis.
 *
 * @param image a batch of images with channels last.
 * @param pooled the pool's output.
 */
export function windowsOf(image: Shaped, pooled: Shaped, attrs: PoolAttributes): WindowsOfAxis[] {
  const axes = image.shape.length - 2;
  const list = (value: unknown) => (typeof value === 'number' ? Array<number>(axes).fill(value) : (value as number[]));
  const [filter, strides] = [list(attrs.filterSize), list(attrs.strides)];
  return filter.map((window, axis) => {
    const [size, count] = [image.shape[axis + 1]!, pooled.shape[axis + 1]!];
    const stride = strides[axis]!;
    return {window, stride, image: size, count, before: paddingBefore(attrs.pad, axis, size, count, window, stride)};
  });
}

/** Whether windows share elements. */
export function overlap(windows: readonly WindowsOfAxis[]): boolean {
  return windows.some(({window, stride}) => window > stride);
}

/** How many elements a window has. */
export function placesOf(windows: readonly WindowsOfAxis[]): number {
  return windows.reduce((places, {window}) => places * window, 1);
}

/** Whether some window crosses the image's edge. */
export function reachOverEdge(windows: readonly WindowsOfAxis[]): boolean {
  return windows.some(({window, stride, before, image, count}) => before > 0 || (count - 1) * stride + window > image);
}

/** Whether whole windows are side by side, beginning at the image's first element. */
export function lieSideBySide(windows: readonly WindowsOfAxis[]): boolean {
  return windows.every(
    ({window, stride, before, image, count}) => window === stride && before === 0 && count * window <= image,
  );
}

function paddingBefore(
  pad: unknown,
  axis: number,
  image: number,
  output: number,
  filter: number,
  stride: number,
): number {
  if (typeof pad === 'number') return pad;
  // Explicit padding has an entry for the batch axis too.
  if (Array.isArray(pad)) return (pad as [number, number][])[axis + 1]![0];
  if (pad === 'valid') return 0;
  return Math.floor(Math.max(0, (output - 1) * stride + filter - image) / 2);
}
