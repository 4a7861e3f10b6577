// Profiles a sample of your model, by kernel and by layer.
//
//   npx tsx bench/profile.ts [--model path/to/model.json --loss meanSquaredError --batch 64]
import {parseArgs} from 'node:util';
import {printProfile} from './profile/print.js';

const text = {type: 'string'} as const;
const {values} = parseArgs({options: {model: text, loss: text, batch: text}});
await printProfile(values);
