import { classify, outcomeOf } from './failure.ts';
import type { DeliveryOutcome } from './port.ts';
import { type Job, noChannel, sent } from './post.ts';

/** What a channel is furnished with once its card is there: the card is pinned. Safe to repeat at any point. */
export async function furnish(job: Job): Promise<DeliveryOutcome> {
  const place = await job.places.placeOf(job.row.lane);
  if (place?.cardTs === undefined) return noChannel();
  const { channel, cardTs } = place;
  const notes: string[] = [];
  try {
    await job.client.pins.add({ channel, timestamp: cardTs });
  } catch (error) {
    const failure = classify(error);
    // Made again, whatever became of it: a message is pinned once.
    if (failure.kind === 'unknown') return { kind: 'retry', afterMs: 5_000, code: failure.code };
    if (failure.kind === 'retry') return outcomeOf(failure, 'pins.add');
    if (failure.slackError !== 'already_pinned')
      notes.push(`the card could not be pinned: ${failure.slackError}`);
  }
  return sent(channel, cardTs, notes);
}
