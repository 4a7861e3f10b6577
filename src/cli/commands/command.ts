import type {Command} from 'commander';

/** Adds one command to the program. A new command is a file that exports one of these, and a line in `all.ts`. */
export type AddCommand = (program: Command) => void;
