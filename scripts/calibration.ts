// Writes docs/calibration.md: the share of seeds whose 95 % interval contains the exact value.
//
//   npx tsx scripts/calibration.ts [--seeds 200]
import {writeFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {loadTensorFlow} from '../src/node.js';
import {coverageOf, estimators, isFor, operators, weaknesses} from '../test/estimators/calibration-cases.js';

const {values: options} = parseArgs({options: {seeds: {type: 'string', default: '200'}}});
const seeds = Number(options.seeds);
const PROBES = [2, 3, 4, 8, 24];

await loadTensorFlow({warn: () => {}});
const tables: string[] = [];
const low: string[] = [];
for (const [name, make] of Object.entries(operators)) {
  const operator = make();
  const rows: string[] = [];
  for (const estimator of estimators) {
    if (!isFor(estimator, operator)) continue;
    const columns: number[][] = [];
    for (const probes of PROBES) columns.push(await coverageOf(estimator, operator, probes, seeds));
    estimator.names.forEach((title, i) => {
      const cells = columns.map(column => Math.round(100 * column[i]!));
      rows.push(`| ${title} | ${cells.map(cell => (cell < 92 ? `**${cell}**` : cell)).join(' | ')} |`);
      cells.forEach((cell, at) => {
        if (cell < 92) low.push(`${name}, ${title}, ${PROBES[at]} probes: ${cell} %`);
      });
    });
  }
  operator.op.dispose();
  tables.push(
    `## ${name}\n\n| probes | ${PROBES.join(' | ')} |\n|---|${PROBES.map(() => '---').join('|')}|\n${rows.join('\n')}`,
  );
  console.log(tables.at(-1));
}

const page = `# Calibration

\`scripts/calibration.ts\` generates this page. Each number is the share of ${seeds} seeds, in percent, for which \`value ± 1.96 standardError\` contains the exact
value. It should be 95; more is on the safe side. With ${seeds} seeds, its own uncertainty is ${Math.round(196 * Math.sqrt((0.95 * 0.05) / seeds))} percent. Exact results have 100.

The operators have 120 dimensions and random eigenvectors, except the localized pairs, whose eigenvectors have two entries each. \`spectrum\` takes
20 steps. Hutch++ takes three products per probe, XTrace and XDiag two. XNysTrace is for positive semidefinite operators alone. The row of the diagonal has
the share of its entries, that of the density the share of five points of the curve, that of the quantiles the share of three. "With traceProbes", the columns are
the number of trace probes, with 2 start vectors.

Rows with 99 or 100 throughout are on the safe side for a reason: the share below zero and the quantiles have bounds that hold for any spectrum, and with two to
four probes the spread is so uncertain that Student's t makes intervals wide.

Bold numbers are below 92. Known reasons:

${weaknesses.map(({operator, names, reason}) => `- **${operator}** (${names.join('; ')}). ${reason}`).join('\n')}

${tables.join('\n\n')}
`;
writeFileSync(new URL('../docs/calibration.md', import.meta.url), page);
console.log(`\nBelow 92 %:\n${low.join('\n') || 'none'}`);
