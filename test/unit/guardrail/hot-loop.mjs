// A process that decides many times and keeps what it made, as a busy engine does. The literals that
// survive let the garbage collector change its mind about where to allocate them, which deoptimises
// `decide` while its call of WebAssembly is on the stack: there V8 aborts without the flag.
// Arguments: the number of decisions; `inline` undoes the flag, the one difference to the run that lives.
import { register } from 'node:module';
import v8 from 'node:v8';

register('../../support/typescript-hooks.mjs', import.meta.url);
const [decisions, inline] = process.argv.slice(2);

const { preparsePolicySet, statefulIsAuthorized } = await import('../../../src/guardrail/cedar.ts');
// V8 reads the flag when it optimises a caller: now, before anything is hot, is early enough.
if (inline === 'inline') v8.setFlagsFromString('--turbo-inline-js-wasm-calls');

const policies = Array.from(
  { length: 5 },
  (_, index) => `permit (principal, action, resource) when { context.n == ${index} };`,
);
preparsePolicySet('hot', { staticPolicies: policies.join('\n') });

function decide(n) {
  const context = { n, nested: [{ n }, { list: [n] }] };
  const entities = [{ uid: { type: 'Target', id: `arn:${n}` }, attrs: { n, name: 'x' }, parents: [] }];
  const answer = statefulIsAuthorized({
    principal: { type: 'Playbook', id: 'p' },
    action: { type: 'Action', id: 'a' },
    resource: { type: 'Target', id: 'arn' },
    context,
    entities,
    preparsedPolicySetId: 'hot',
    validateRequest: false,
  });
  if (answer.type !== 'success') throw new Error('the loop asks Cedar something that it does not take');
  return { context, entities, answer };
}

const kept = [];
for (let index = 0; index < Number(decisions); index += 1) kept.push(decide(index % 70));
process.stdout.write(`decided ${kept.length}\n`);
