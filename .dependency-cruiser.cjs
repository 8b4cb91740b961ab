// The import rules of docs/architecture.md, each with its reason. `npm run deps` (scripts/check-dependencies.mjs)
// runs them, and refuses to pass when nothing was cruised: with TypeScript 7 dependency-cruiser sees
// modules only through @swc/core.

const PURE = 'alert|playbook|timeline|action|guardrail|enrolment|postmortem';
const ADAPTERS = 'queue|intake|aws|slack|paging|console|cli|simulation|evidence';
/** Lowest first; a layer may import what stands before it, and itself. */
const LAYERS = [
  ['kernel', '^src/(?!(main|definitions)[.]ts$)[^/]+[.]ts$'],
  ['pure', `^src/(${PURE})/`],
  ['store', '^src/store/'],
  ['inventory', '^src/inventory/'],
  ['incident', '^src/incident/'],
  ['command', '^src/command/'],
  ['adapters', `^src/(${ADAPTERS})/`],
  // definitions.ts reads playbooks, guardrails and enrolment for main: a part of the composition.
  ['main', '^src/((main|definitions)[.]ts$|main/)'],
];
const LAYER_REASONS = {
  kernel:
    'Everything stands on the kernel (errors, time, ids, JSON, log, configuration): it can know nothing.',
  pure: 'Decisions are data in, data out: testable without a database, repeatable in an exercise and a replay.',
  store: 'The record must not depend on who uses it; a table knows the vocabulary, never the engine.',
  inventory: 'The cached picture of accounts is read by the engine and filled through a port.',
  incident: 'Containment never waits for Slack, a queue or a person: the engine cannot even name them.',
  command: 'Slack, the CLI and the console do the same human acts through the same files.',
  adapters: 'An adapter is given its parts by main; so it can be replaced, or left out of a process.',
};

const layerRules = LAYERS.slice(0, -1).map(([name, path], index) => ({
  name: `layer-${name}`,
  comment: LAYER_REASONS[name],
  severity: 'error',
  from: { path, ...(name === 'adapters' ? { pathNot: '^src/cli/' } : {}) },
  to: {
    path: LAYERS.slice(index + 1)
      .map(([, above]) => above)
      .join('|'),
  },
}));

/** A package that may be imported only below these folders (all under src, unless said otherwise). */
function confined(name, packages, folders, comment) {
  return {
    name: `only-${name}`,
    comment,
    severity: 'error',
    from: { path: '^src/', pathNot: folders },
    to: { path: `(^|/)node_modules/(${packages})/` },
  };
}

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'adapters-apart',
      comment:
        'Adapters never import each other: AWS without Slack, Slack without a queue, an exercise without either. ' +
        'Main composes them. The CLI may import main, which is how a verb gets the parts.',
      severity: 'error',
      from: { path: `^src/(${ADAPTERS})/` },
      to: { path: `^src/(${ADAPTERS})/`, pathNot: '^src/$1/' },
    },
    {
      name: 'pure-does-no-io',
      comment:
        'A pure folder gets text and data as arguments. Hashing is arithmetic, so node:crypto is allowed; ' +
        'wasm-flags.ts sets the one V8 flag without which Cedar can abort the process.',
      severity: 'error',
      from: { path: `^src/(${PURE})/`, pathNot: '^src/guardrail/wasm-flags[.]ts$' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|util|assert|buffer|url)$' },
    },
    confined(
      'aws-sdk',
      '@aws-sdk|@smithy',
      '^src/aws/',
      'One place classifies AWS errors and spends the rate budget.',
    ),
    confined(
      'slack',
      '@slack',
      '^src/(slack|simulation)/',
      'One place knows the limits of Slack; the double imitates it.',
    ),
    confined(
      'queue',
      'bullmq|ioredis',
      '^src/queue/',
      'The queue is a wake-up call behind a port; nothing may come to rely on it.',
    ),
    confined(
      'postgres',
      'pg|@electric-sql',
      '^src/(store|queue)/',
      'One statement, one place; the queue shares the same pool.',
    ),
    confined(
      'statechart',
      'xstate|@marcbachmann',
      '^src/playbook/',
      'XState is used purely, and expressions are checked at load, in one folder.',
    ),
    confined('cedar', '@cedar-policy', '^src/guardrail/', 'One gate, for machines and people.'),
    confined(
      'http',
      'hono|@hono',
      '^src/(intake|slack|paging|simulation|console|store|main)([.]ts$|/)',
      'HTTP is spoken at the edges: intake, Slack, the pages’ way back, the simulated account, the console, the socket of an embedded store.',
    ),
    confined(
      'terminal',
      'commander|ora|cli-table3|picocolors',
      '^src/cli/',
      'Only the CLI writes to a terminal.',
    ),
    confined(
      'logger',
      'pino',
      '^src/log[.]ts$',
      'Log fields are flat and scalar there, so that no secret slips into a line.',
    ),
    {
      name: 'src-alone',
      comment: 'What ships cannot need what tests and measures it.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'no-dev-packages',
      comment: 'A production install (npm ci --omit=dev) would fail at its first import.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-cycles',
      comment: 'Parts of a cycle cannot be read, tested or replaced one by one; types count too.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'What cannot be resolved cannot be judged by any rule above.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|test/unit/project/fixtures)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Type imports are dependencies too: a layer that names a type of a higher one cannot be read without it.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
