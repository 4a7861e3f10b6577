import type {AddCommand} from './command.js';
import {addDoctor} from './doctor.js';
import {addExport} from './export.js';
import {addReport} from './report.js';
import {addSetup} from './setup.js';

/** The commands in the order in which `--help` lists them. */
export const commands: readonly AddCommand[] = [addSetup, addDoctor, addReport, addExport];
