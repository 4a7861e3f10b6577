// Kills workers, Redis and the training of a cluster at random moments, and checks that the samples are those of an undisturbed training:
//
//   npx tsx scripts/kill-cluster.ts [workers = 20] [redis = 5] [trainings = 5] [seed = the time]
import {randomBits, uniform} from '../src/random.js';
import {type Kind, killCluster} from '../test/cluster/kills.js';

const [workers = 20, redis = 5, trainings = 5, seed = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number);
const bits = randomBits(seed, 0);
const random = () => uniform(bits);
const kinds: [Kind, number][] = [
  ['worker', workers],
  ['redis', redis],
  ['training', trainings],
];
const order = kinds
  .flatMap(([kind, times]) => Array.from({length: times}, () => ({kind, place: random()})))
  .sort((a, b) => a.place - b.place)
  .map(({kind}) => kind);
const {kills, samples, lost, wrong, twice, early, again, failures, code} = await killCluster(order, random);
console.log(
  `Seed ${seed}. Killed: ${kills.worker} workers, ${kills.redis} times Redis, ${kills.training} trainings. ${samples} samples: ` +
    `${lost.length} lost, ${wrong.length} with other bits, ${twice.length} twice, ${early.length} out of order, ${failures.length} failures; ` +
    `${again} came again to a training that was killed before its checkpoint. Exit code of the training: ${code}.`,
);
for (const line of new Set(failures)) console.log(line);
if (code !== 0 || [lost, wrong, twice, early, failures].some(list => list.length > 0)) process.exitCode = 1;
