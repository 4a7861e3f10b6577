import {patch} from '../patch.js';

/** Runs a function while libtensorflow logs warnings and errors only. It tells of each graph that it loads. */
export function withoutInfoLogs<T>(body: () => T): T {
  const level = process.env.TF_CPP_MIN_LOG_LEVEL;
  const restore = level === undefined || level < '1' ? patch(process.env, {TF_CPP_MIN_LOG_LEVEL: '1'}) : () => {};
  try {
    return body();
  } finally {
    restore();
  }
}

/** Sets `NO_COLOR` for this process and the processes that it starts, for good. */
export function disableColor(): void {
  patch(process.env, {NO_COLOR: '1'});
}
