import {readFileSync, writeFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {npzArrays} from '../../site/playground/data/npz.js';
import {readNpz} from '../../src/cli/report/data/npz.js';
import {needsPythonReaders, runPython} from '../python-readers.js';
import {useFolder} from '../sinks/use-folder.js';

const inFolder = useFolder();
const readers = await needsPythonReaders();
const asFile = (name: string) => new File([readFileSync(inFolder(name))], name);

describe('an .npz file that a user gives to the playground', () => {
  it.each(['savez', 'savez_compressed'])('is read from %s as the command line reads it', readers, async how => {
    const arrays = "x=np.arange(12.0).reshape(2, 3, 2), y=np.array([1, 2], 'u1'), names=np.array(['a'])";
    runPython(`import sys, numpy as np\nnp.${how}(sys.argv[1], ${arrays})\nprint('null')`, inFolder('d.npz'));
    const [mine, theirs] = [await npzArrays(asFile('d.npz')), await readNpz(inFolder('d.npz'))];
    expect([...mine.keys()]).toEqual([...theirs.keys()]);
    for (const name of ['x', 'y']) expect(await mine.get(name)!()).toEqual(await theirs.get(name)!());
    await expect((async () => mine.get('names')!())()).rejects.toThrow(/names" has the type U1; save it as numbers/);
  });

  it.each(['', 'hello', 'P'.repeat(100)])('is refused if it is no zip: %j', async content => {
    writeFileSync(inFolder('no.npz'), content);
    await expect(npzArrays(asFile('no.npz'))).rejects.toThrow(
      /no\.npz cannot be read as \.npz; write it with np\.savez/,
    );
  });
});
