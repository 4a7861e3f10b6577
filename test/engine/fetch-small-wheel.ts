// Fetches the small wheel in the folder that is named on the command line: for the tests that need a process to kill.
import {fetchLibrary} from '../../src/engine/library/library.js';
import {buildFor, type Release} from '../../src/engine/libtensorflow.js';
import {findPython} from '../../src/engine/machine/python.js';
import {machineFor} from './small-wheel.js';

const [folder = '', release = ''] = process.argv.slice(2);
const machine = machineFor(folder);
const build = buildFor(machine, 'cpu', JSON.parse(release) as Release);
await fetchLibrary(build, machine, await findPython(machine), line => console.log(line), false);
