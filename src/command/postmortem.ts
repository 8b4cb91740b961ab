import { z } from 'zod';
import { followActionItems } from '../incident/action-duties.ts';
import { settleDuty } from '../incident/duty.ts';
import { dutiesOf, POSTMORTEM_DUTY } from '../incident/duty-state.ts';
import { postmortemText } from '../incident/postmortem-text.ts';
import { hasMarker } from '../postmortem/blocks.ts';
import { lintPostmortem } from '../postmortem/lint.ts';
import { SECTIONS, savedSections } from '../postmortem/sections.ts';
import { sha256Hex } from '../timeline/canonical.ts';
import { actorOf, defineCommand, done, refused } from './command.ts';

/** Saves what a person wrote in one section; it is kept in the timeline, version by version. */
export const writePostmortem = defineCommand({
  id: 'postmortem-write',
  title: 'Write a section of the postmortem',
  input: z.strictObject({
    section: z.enum(SECTIONS),
    text: z.string().trim().min(1).max(20_000),
    /** The version that the writer saw: what somebody else saved meanwhile is not written over. */
    base: z.int().min(0).optional(),
  }),
  decide(draft, { section, text, base }, person) {
    if (hasMarker(text)) {
      return refused(
        'cordon_postmortem_bad_text',
        'expected text without "<!-- cordon:": it would end its own section, or begin another',
      );
    }
    const known = draft.record.sections?.[section];
    const version = known?.version ?? 0;
    if (base !== undefined && base !== version) {
      return refused(
        'cordon_postmortem_changed',
        `${section} was saved by ${known?.by ?? 'somebody'} at ${known?.at ?? ''} after you began; render it again, make one text of both, and save that`,
      );
    }
    const next = { version: version + 1, by: person.id, at: draft.at };
    draft.record = { ...draft.record, sections: { ...draft.record.sections, [section]: next } };
    draft.log(
      'postmortem.written',
      actorOf(person),
      `${person.id} wrote the section ${section} of the postmortem`,
      {
        section,
        version: next.version,
        text,
      },
    );
    if (section !== 'action-items') return done(`${section} saved (version ${next.version})`);
    const { followed, tooMany } = followActionItems(draft, actorOf(person), text);
    const rest =
      tooMany === 0 ? '' : `; ${tooMany} more than can be followed here: keep them in your tracker`;
    return done(
      `${section} saved (version ${next.version}); ${followed} with a due day are followed until they are done${rest}`,
    );
  },
});

/** Says that the postmortem is as it should be: refused while the lint finds an error, and to whoever owns it. */
export const reviewPostmortem = defineCommand({
  id: 'postmortem-review',
  title: 'Review the postmortem',
  input: z.strictObject({ note: z.string().trim().min(1).max(2000) }),
  reads: 'timeline',
  decide(draft, { note }, person, _target, { timeline: entries }) {
    if (draft.status !== 'closed') {
      return refused('cordon_command_not_now', 'the response is not over yet; it is reviewed afterwards');
    }
    const duty = dutiesOf(draft.record).find((each) => each.id === POSTMORTEM_DUTY);
    if (duty !== undefined && duty.settled !== null) {
      return refused(
        'cordon_duty_settled',
        `it was ${duty.settled.as} by ${duty.settled.by} at ${duty.settled.at}`,
      );
    }
    if (duty?.owner === person.id) {
      return refused(
        'cordon_review_own',
        'the postmortem is yours; somebody else reviews it, or a commander waives that',
      );
    }
    const saved = savedSections(entries);
    const isStale = Object.entries(draft.record.sections ?? {}).some(
      ([name, { version }]) => (saved.get(name)?.at(-1)?.version ?? 0) !== version,
    );
    if (isStale) {
      return refused(
        'cordon_postmortem_changed',
        'somebody saved a section at this moment; read it, then review again',
      );
    }
    const text = postmortemText(draft.base, entries, draft.env);
    const errors = lintPostmortem(text).filter((finding) => finding.level === 'error');
    if (errors.length > 0) {
      const first = errors.slice(0, 5).map(({ message }) => message);
      return refused(
        'cordon_postmortem_not_ready',
        `${errors.length} to mend before it can be reviewed: ${first.join('; ')}${errors.length > 5 ? '; …' : ''}`,
      );
    }
    const sha256 = sha256Hex(text);
    draft.log('postmortem.reviewed', actorOf(person), `${person.id} reviewed the postmortem: ${note}`, {
      note,
      sha256,
      sections: Object.fromEntries([...saved].map(([name, texts]) => [name, texts.at(-1)?.version ?? 0])),
    });
    if (duty !== undefined) {
      settleDuty(draft, actorOf(person), duty, { as: 'reviewed', by: person.id, at: draft.at, reason: note });
    }
    return done('the postmortem is reviewed; the incident is closed');
  },
});
