import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import type { Target } from '../../../src/action/ports.ts';
import type { Json } from '../../../src/json.ts';
import { compilePlaybook } from '../../../src/playbook/compile.ts';
import { catalogue } from './catalogue.ts';
import { EngineModel } from './engine-model.ts';
import { target } from './fixtures.ts';

const path = new URL('../../../playbooks/lambda-compromise.yaml', import.meta.url);
const playbook = compilePlaybook(readFileSync(path, 'utf8'), catalogue);

export const ROLE = 'arn:aws:iam::111122223333:role/checkout';
export const OTHER_ROLE = 'arn:aws:iam::111122223333:role/old-version';

export const MANIFEST = 'target.capture-manifest';
export const CONCURRENCY = 'lambda.reserve-zero-concurrency';
export const QUARANTINE = 'iam.quarantine-role';
export const VERIFY = 'containment.verify';
export const EVIDENCE = 'evidence.snapshot';
export const QUESTION = 'human.question';
export const RELEASE = 'containment.release';
export const HAND_OVER = 'containment.hand-over';
export const POSTMORTEM = 'postmortem.draft';

export const MANIFEST_OUTPUT = {
  roles: [ROLE],
  sharedWith: 0,
  codeSha256: 'abc',
  exclusive: [],
  outside: [],
  sinks: [],
  logGroups: [],
  published: [],
  forPeople: [],
  openUrls: [],
  strangers: [],
  freezes: false,
  unknown: [],
};
export const NO_FURTHER_ROLES = { ...MANIFEST_OUTPUT, roles: [] };
export const EFFECTIVE = { level: 'effective', detail: 'denied by simulation' };
export const SEALED = { items: 9, missing: 0, manifestSha256: 'def' };
const COMPARE = 'target.compare-manifest';
const MATCHES = { compared: true, differences: [], unread: [] };
export const RELEASED = { restored: 2, conflicts: 0, degraded: false, left: [] };
export const DRAFTED = { path: 'postmortem.md', sha256: '0'.repeat(64) };

export class Run extends EngineModel {
  constructor(targets: readonly Target[] = [target('checkout')], severity?: number) {
    super(playbook, targets, severity);
  }

  sources(): readonly string[] {
    return this.work()
      .map((work) => work.src)
      .sort();
  }

  one(src: string) {
    const found = this.work().find((work) => work.src === src);
    if (found === undefined)
      throw new Error(`expected ${src} to be open, found ${this.sources().join(', ')}`);
    return found;
  }

  succeeded(src: string, output: Json = null): this {
    this.finish(this.one(src), output);
    // The comparison with the manifest follows a whole release and holds nothing up.
    for (const work of this.work()) if (work.src === COMPARE) this.finish(work, MATCHES);
    return this;
  }

  failed(src: string, code = 'cordon_aws_access_denied'): this {
    this.fail(this.one(src), code);
    return this;
  }

  due(delayMs: number): this {
    const found = this.timers().find((timer) => timer.delayMs === delayMs);
    if (found === undefined) throw new Error(`expected a timer of ${delayMs} ms`);
    this.fire(found);
    return this;
  }

  answer(form: string, output: Json): this {
    expect(this.one(QUESTION).input).toMatchObject({ form });
    return this.succeeded(QUESTION, output);
  }

  strike(): this {
    return this.succeeded(CONCURRENCY).succeeded(QUARANTINE).succeeded(MANIFEST, NO_FURTHER_ROLES);
  }

  contain(): this {
    return this.strike().due(10_000).succeeded(VERIFY, EFFECTIVE);
  }

  names(): readonly string[] {
    return this.notifications.map((notification) => notification.name);
  }
}
