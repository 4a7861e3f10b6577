// The entry point `tfjs-hessian/sinks`: writers for the samples of a run, in Node.
export {csv} from './sinks/csv.js';
export type {RunSink} from './sinks/ndjson.js';
export {ndjson} from './sinks/ndjson.js';
export type {ParquetArgs} from './sinks/parquet.js';
export {parquet} from './sinks/parquet.js';
export {readNotes} from './sinks/read-notes.js';
export {readSamples} from './sinks/read-samples.js';
export type {Sink, SinkArgs} from './sinks/sink.js';
export type {SummaryArgs} from './sinks/summary.js';
export {summary} from './sinks/summary.js';
export type {TensorBoardArgs} from './sinks/tensorboard/tensor-board.js';
export {tensorBoard} from './sinks/tensorboard/tensor-board.js';
export {writeLossSurface} from './sinks/write-loss-surface.js';
export type {FailureNote, LogsNote, PenaltyNote, TrainingNote} from './streams/training-note.js';
