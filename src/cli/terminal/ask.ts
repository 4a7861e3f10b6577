import {createInterface} from 'node:readline/promises';

/** Asks a question whose default answer is yes. The end of the input means no. */
export async function ask(
  question: string,
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stdout,
): Promise<boolean> {
  const terminal = createInterface({input, output});
  try {
    const ended = new Promise<string>(resolve => terminal.once('close', () => resolve('no')));
    const answer = await Promise.race([terminal.question(`${question} [Y/n] `), ended]);
    return /^(y(es)?)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
