// What the worker thread needs for reports; it loads this script when the first one comes.
export {answerReport} from './cli/report/answer-report.js';
