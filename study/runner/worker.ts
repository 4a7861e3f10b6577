// A worker process that runs one training job at a time. It ends with its parent process.
import {fasterGradients} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {EngineSetupError, InvalidArgumentError} from '../../src/errors.js';
import type {DataSetName} from '../config.js';
import {cifar100, readCifar} from '../data/cifar.js';
import {readFashionMnist} from '../data/fashion-mnist.js';
import type {DataSet} from '../data/images.js';
import {readMnist} from '../data/mnist.js';
import {follow} from '../recipe/follow.js';
import {RecordFolder} from '../records/folder.js';
import {timeSteps} from '../training/time-steps.js';
import {train} from '../training/train.js';
import type {FromWorker, ToWorker, WorkerArgs} from './messages.js';

let tf: TensorFlow;
let args: WorkerArgs;
const read: Partial<Record<DataSetName, DataSet>> = {};

process.on('disconnect', () => process.exit());
process.on('message', (message: ToWorker) => {
  handle(message).then(tell, (error: Error) => tell({kind: 'failed', message: error.stack ?? error.message}));
});

async function handle(message: ToWorker): Promise<FromWorker> {
  switch (message.kind) {
    case 'start': {
      args = message;
      const loaded = await loadTensorFlow(args.device === 'gpu' ? {prefer: 'gpu'} : {});
      tf = loaded.tf;
      if (args.device === 'gpu' && loaded.engine.name !== 'gpu') {
        throw new EngineSetupError(
          '--device is gpu, but libtensorflow found no GPU; leave the option out to train on processors.',
        );
      }
      fasterGradients();
      const {package: name, version, library} = loaded.engine;
      return {kind: 'ready', engine: library === null ? `${name} ${version}` : `libtensorflow ${library}`};
    }
    case 'train': {
      const {job} = message;
      const folder = new RecordFolder(args.folder);
      const data = dataSet(job.dataSet);
      const record = await train(tf, {job, config: args.config, data, folder: folder.begin(job.id)});
      folder.finish(record);
      return {kind: 'trained', record};
    }
    case 'follow': {
      const {job} = message;
      const {record, spectra} = await follow(tf, job, dataSet(job.recipe.dataSet));
      return {kind: 'followed', record: args.device === 'gpu' ? {...record, device: args.device} : record, spectra};
    }
    case 'time':
      return {kind: 'timed', timings: await timeSteps(tf, args.config, message.model)};
  }
}

function dataSet(name: DataSetName): DataSet {
  const cifar = () => {
    if (args.cifar === null) throw new InvalidArgumentError(`${name} needs its files; give their folder by --cifar.`);
    return args.cifar;
  };
  const readers = {
    mnist: readMnist,
    'fashion-mnist': readFashionMnist,
    'cifar-10': () => readCifar(cifar()),
    'cifar-100': () => readCifar(cifar(), cifar100),
  };
  const data = read[name] ?? readers[name]();
  read[name] = data;
  return data;
}

function tell(message: FromWorker): void {
  process.send!(message);
}
