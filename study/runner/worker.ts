// A worker process that runs one training job at a time. It ends with its parent process.
import {fasterGradients} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import {loadTensorFlow} from 'tfjs-hessian/node';
import type {DataSetName} from '../config.js';
import {readCifar} from '../data/cifar.js';
import {readFashionMnist} from '../data/fashion-mnist.js';
import type {DataSet} from '../data/images.js';
import {readMnist} from '../data/mnist.js';
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
      const loaded = await loadTensorFlow();
      tf = loaded.tf;
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
    case 'time':
      return {kind: 'timed', timings: await timeSteps(tf, args.config, message.model)};
  }
}

function dataSet(name: DataSetName): DataSet {
  const readers = {mnist: readMnist, 'fashion-mnist': readFashionMnist, 'cifar-10': () => readCifar(args.cifar!)};
  const data = read[name] ?? readers[name]();
  read[name] = data;
  return data;
}

function tell(message: FromWorker): void {
  process.send!(message);
}
