/** Resolves when a promise resolves, or when so many milliseconds have passed; `Infinity`: never before it. */
export async function waitAtMost(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  if (milliseconds === Number.POSITIVE_INFINITY) {
    await promise;
    return;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise<void>(resolve => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await Promise.race([promise, enough]);
  } finally {
    clearTimeout(timer);
  }
}
