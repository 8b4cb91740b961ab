import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';

test('the example of docs/enrolment.md is an enrolment file', () => {
  const page = readFileSync(new URL('../../../docs/enrolment.md', import.meta.url), 'utf8');
  const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const parsed = parseEnrolment(example, 'docs/enrolment.md');
  expect(parsed.accounts).toHaveLength(1);
  expect(parsed.responders.map((responder) => responder.id)).toEqual(['ada', 'bob', 'carol']);
});
