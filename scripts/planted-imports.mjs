// One small violation (at least) for each rule of .dependency-cruiser.cjs: the control of
// scripts/check-dependencies.mjs. `files` also holds what the violation needs; every import there that is not
// made by `from` is an allowed one, and a rule that refuses it fails too.

/** Allowed targets that several plantings import. */
const shared = {
  'src/error.ts': 'export const error = 1;\n',
  'src/timeline/entry.ts': "import { createHash } from 'node:crypto';\nexport const hash = createHash;\n",
  'src/store/row.ts':
    "import pg from 'pg';\nimport { hash } from '../timeline/entry.ts';\nexport const row = [pg, hash];\n",
  'src/inventory/cache.ts': "import { row } from '../store/row.ts';\nexport const cache = row;\n",
  'src/incident/advance.ts':
    "import { cache } from '../inventory/cache.ts';\nexport const advance = cache;\n",
  'src/command/release.ts':
    "import { advance } from '../incident/advance.ts';\nexport const release = advance;\n",
  'src/slack/app.ts': "import { release } from '../command/release.ts';\nexport const app = release;\n",
  'src/main.ts': "import { app } from './slack/app.ts';\nexport const main = app;\n",
  'src/cli/serve.ts':
    "import { Command } from 'commander';\nimport { main } from '../main.ts';\nexport const serve = [Command, main];\n",
  'src/aws/lambda.ts':
    "import { LambdaClient } from '@aws-sdk/client-lambda';\nexport const lambda = LambdaClient;\n",
  'test/fixture.ts': 'export const fixture = 1;\n',
};

const planted = (rule, from, specifier, syntax = 'import') => ({
  rule,
  from,
  files: {
    ...shared,
    [from]:
      syntax === 'import'
        ? `import * as there from '${specifier}';\nexport const here = there;\n`
        : `import type { There } from '${specifier}';\nexport type Here = There;\n`,
  },
});

export const PLANTED = [
  planted('layer-kernel', 'src/planted.ts', './alert/alert.ts'),
  planted('layer-pure', 'src/alert/alert.ts', '../store/row.ts'),
  planted('layer-pure', 'src/action/planted.ts', '../aws/lambda.ts', 'type'),
  planted('layer-store', 'src/store/planted.ts', '../incident/advance.ts', 'type'),
  planted('layer-inventory', 'src/inventory/planted.ts', '../incident/advance.ts'),
  planted('layer-incident', 'src/incident/planted.ts', '../slack/app.ts'),
  planted('layer-incident', 'src/incident/planted-command.ts', '../command/release.ts'),
  planted('layer-command', 'src/command/planted.ts', '../slack/app.ts'),
  planted('layer-adapters', 'src/intake/planted.ts', '../main.ts'),
  planted('adapters-apart', 'src/slack/planted.ts', '../aws/lambda.ts'),
  planted('adapters-apart', 'src/cli/planted.ts', '../slack/app.ts', 'type'),
  planted('pure-does-no-io', 'src/playbook/planted.ts', 'node:fs'),
  planted('pure-does-no-io', 'src/guardrail/planted.ts', 'node:fs/promises'),
  planted('only-aws-sdk', 'src/evidence/planted-aws.ts', '@aws-sdk/client-iam', 'type'),
  planted('only-slack', 'src/console/planted-slack.ts', '@slack/web-api'),
  planted('only-queue', 'src/store/planted-queue.ts', 'bullmq'),
  planted('only-queue', 'src/store/planted-redis.ts', 'ioredis'),
  planted('only-postgres', 'src/incident/planted-pg.ts', 'pg'),
  planted('only-postgres', 'src/cli/planted-pglite.ts', '@electric-sql/pglite'),
  planted('only-statechart', 'src/incident/planted-xstate.ts', 'xstate', 'type'),
  planted('only-statechart', 'src/guardrail/planted-cel.ts', '@marcbachmann/cel-js'),
  planted('only-cedar', 'src/incident/planted-cedar.ts', '@cedar-policy/cedar-wasm'),
  planted('only-http', 'src/incident/planted-http.ts', 'hono'),
  planted('only-http', 'src/aws/planted-http.ts', '@hono/node-server'),
  planted('only-terminal', 'src/slack/planted-terminal.ts', 'ora'),
  planted('only-logger', 'src/intake/planted-logger.ts', 'pino'),
  planted('src-alone', 'src/intake/planted-test.ts', '../../test/fixture.ts'),
  planted('no-dev-packages', 'src/evidence/planted-dev.ts', 'ajv'),
  planted('no-cycles', 'src/command/planted-cycle.ts', './planted-cycle-back.ts', 'type'),
  planted('no-cycles', 'src/command/planted-cycle-back.ts', './planted-cycle.ts', 'type'),
  planted('resolvable', 'src/store/planted-missing.ts', './missing.ts'),
];
