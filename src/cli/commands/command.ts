import type {Command} from 'commander';

/** Adds a command to the program. A new command is a file that exports such a function, and a line in `all.ts`. */
export type AddCommand = (program: Command) => void;
