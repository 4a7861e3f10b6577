// Writes the help of every command into docs/command-line.md: `npx tsx scripts/command-line.ts`.
import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {Command} from 'commander';
import {createProgram} from '../src/cli/program.js';

const path = new URL('../docs/command-line.md', import.meta.url);
const WIDTH = 110;

/** The page, with the help of each command in that command's block: ```` ```text tfjs-hessian <command> ````. */
export function commandLinePage(page = readFileSync(path, 'utf8')): string {
  const program = createProgram();
  return page.replaceAll(/^```text (tfjs-hessian[^\n]*)\n.*?^```$/gms, (_, words: string) => {
    const name = words.split(' ')[1];
    const command = name === undefined ? program : program.commands.find(each => each.name() === name);
    if (command === undefined) throw new Error(`The page shows ${words}, and there is no such command.`);
    return `\`\`\`text ${words}\n${helpOf(command)}\n\`\`\``;
  });
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: part => {
      text += part;
    },
    getOutHelpWidth: () => WIDTH,
  });
  command.outputHelp();
  return text.trim();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(path, commandLinePage());
