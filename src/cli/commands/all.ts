import {addAdvise} from './advise.js';
import type {AddCommand} from './command.js';
import {addDemo} from './demo.js';
import {addDoctor} from './doctor.js';
import {addExport} from './export.js';
import {addReport} from './report.js';
import {addSetup} from './setup.js';
import {addWatch} from './watch.js';
import {addWorker} from './worker.js';

/** The commands in the order in which `--help` lists them. */
export const commands: readonly AddCommand[] = [
  addSetup,
  addDoctor,
  addDemo,
  addReport,
  addExport,
  addAdvise,
  addWatch,
  addWorker,
];
