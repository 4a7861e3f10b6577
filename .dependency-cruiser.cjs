// Data flows one way through the folders of src (docs/architecture.md). A row may import what stands below it, and its
// own folder; not what stands above, and not its neighbours within the row.
const rows = [
  ['cli'],
  ['engine'],
  ['dashboard'],
  ['cluster'],
  ['sinks'],
  ['report'],
  ['callbacks', 'regularizers'],
  ['advice'],
  ['streams'],
  ['estimators', 'keras'],
  ['metrics'],
  ['operators'],
  ['model'],
  ['autodiff'],
  ['kernels'],
  ['native'],
  ['arguments', 'graph', 'tfjs-internals'],
];

const oneWay = rows
  .flatMap((row, i) =>
    row.map(folder => ({
      name: `${folder} imports only what stands below it`,
      severity: 'error',
      from: {path: `^src/${folder}/`},
      to: {
        path: `^src/(${rows
          .slice(0, i + 1)
          .flat()
          .filter(other => other !== folder)
          .join('|')})/`,
      },
    })),
  )
  .filter(rule => !rule.to.path.includes('()'));

// Folders within a folder, each of which imports only those after it.
const within = {
  autodiff: ['forward-mode', 'recording', 'rules', 'gradients', 'webgpu'],
  estimators: ['krylov', 'diagonals', 'traces', 'products', 'linalg'],
};

const oneWayWithin = Object.entries(within).flatMap(([parent, folders]) =>
  folders.map((folder, i) => ({
    name: `${parent}/${folder} imports only what stands below it`,
    severity: 'error',
    from: {path: `^src/${parent}/${folder}/`},
    to: {path: `^src/${parent}/(?!(${folders.slice(i).join('|')})/)`},
  })),
);

module.exports = {
  forbidden: [
    ...oneWay,
    ...oneWayWithin,
    {
      name: 'no circles',
      severity: 'error',
      from: {},
      to: {circular: true},
    },
    {
      name: 'metrics know no tensor',
      severity: 'error',
      from: {path: '^src/metrics/'},
      to: {path: 'node_modules/@tensorflow'},
    },
    {
      name: 'autodiff, kernels and native know tfjs-core only',
      severity: 'error',
      from: {path: '^src/(autodiff|kernels|native)/'},
      to: {path: 'node_modules/@tensorflow/(?!tfjs-core)|^src/tfjs-internals/layers/'},
    },
    {
      name: 'tfjs-internals alone replaces anything of tfjs, Node or the language',
      severity: 'error',
      from: {pathNot: '^src/tfjs-internals/'},
      to: {path: '^src/tfjs-internals/patch\\.ts$'},
    },
    {
      name: 'tfjs-internals knows tfjs alone',
      severity: 'error',
      from: {path: '^src/tfjs-internals/'},
      to: {path: '^src/', pathNot: '^src/(tfjs-internals/|errors\\.ts|warnings\\.ts)'},
    },
    {
      name: 'the engine is imported by the command line and its own subpath alone',
      severity: 'error',
      from: {pathNot: '^src/(engine|cli)/|^src/node[^/]*\\.ts$'},
      to: {path: '^src/engine/'},
    },
    {
      name: 'no Node in what runs in a browser',
      severity: 'error',
      from: {pathNot: '^src/(engine|cli|sinks|dashboard|cluster)/|^src/(node[^/]*|package-version)\\.ts$'},
      to: {dependencyTypes: ['core']},
    },
  ],
  options: {
    doNotFollow: {path: 'node_modules'},
    tsPreCompilationDeps: true,
    tsConfig: {fileName: 'tsconfig.json'},
    enhancedResolveOptions: {exportsFields: ['exports'], conditionNames: ['import', 'types', 'default']},
  },
};
