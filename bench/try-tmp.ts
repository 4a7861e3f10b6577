import {loadTensorFlow} from 'tfjs-hessian/node';
import {subjects} from '/work/main/bench/subjects/index.js';
import {measureProducts} from '/work/main/bench/measures/products.js';
import {Peer} from '/work/main/bench/peers/peer.js';
const {tf} = await loadTensorFlow();
const peers = [new Peer('torch', '/tmp/peers/v/bin/python', '/tmp/torch.log', {isBusy: true}), new Peer('jax', '/tmp/peers/v/bin/python', '/tmp/jax.log')];
for (const subject of subjects) {
  if (process.argv[2] && !process.argv[2].includes(subject.name)) continue;
  const t=performance.now();
  try {
  const r = await measureProducts({tf, subject, peers, budget: 1500, blocks: subject.name==='cnn', folder: '/tmp/subj'});
  console.log(subject.name, r.rounds, r.parameters, ((performance.now()-t)/1000).toFixed(0)+'s', JSON.stringify(r.agreement), JSON.stringify(r.memory));
  for (const [n, s] of Object.entries(r.times)) console.log('  ', n.padEnd(26), s.median.toFixed(1), r.ratios[n]?.median.toFixed(2), r.against[n]?.median.toFixed(2));
  } catch (e) { console.log(subject.name, e); }
}
for (const p of peers) { console.log(p.name, p.failures); p.stop(); }
