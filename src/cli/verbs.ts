import type { Register } from './context.ts';
import { actions } from './verbs/actions.ts';
import { acts } from './verbs/acts.ts';
import { alert } from './verbs/alert.ts';
import { answer } from './verbs/answer.ts';
import { approve } from './verbs/approve.ts';
import { aws } from './verbs/aws.ts';
import { campaign } from './verbs/campaign.ts';
import { completion } from './verbs/completion.ts';
import { contain } from './verbs/contain.ts';
import { declare } from './verbs/declare.ts';
import { demo } from './verbs/demo.ts';
import { deny } from './verbs/deny.ts';
import { doctor } from './verbs/doctor.ts';
import { evidence } from './verbs/evidence.ts';
import { exercise } from './verbs/exercise.ts';
import { feedback } from './verbs/feedback.ts';
import { guardrail } from './verbs/guardrail.ts';
import { inventory } from './verbs/inventory.ts';
import { list } from './verbs/list.ts';
import { observe } from './verbs/observe.ts';
import { oncall } from './verbs/oncall.ts';
import { pause } from './verbs/pause.ts';
import { plan } from './verbs/plan.ts';
import { playbook } from './verbs/playbook.ts';
import { postmortem } from './verbs/postmortem.ts';
import { readiness } from './verbs/readiness.ts';
import { refusals } from './verbs/refusals.ts';
import { resume } from './verbs/resume.ts';
import { scope } from './verbs/scope.ts';
import { serve } from './verbs/serve.ts';
import { show } from './verbs/show.ts';
import { slack } from './verbs/slack.ts';
import { timeline } from './verbs/timeline.ts';

/** Every verb, in the order of `cordon --help`: to start, to look, to act, to check. */
export const VERBS: readonly Register[] = Object.freeze([
  demo,
  serve,
  doctor,
  alert,
  declare,
  contain,
  list,
  show,
  plan,
  oncall,
  scope,
  answer,
  approve,
  deny,
  acts,
  campaign,
  pause,
  resume,
  timeline,
  evidence,
  postmortem,
  feedback,
  refusals,
  observe,
  exercise,
  playbook,
  guardrail,
  actions,
  aws,
  inventory,
  readiness,
  slack,
  completion,
]);
