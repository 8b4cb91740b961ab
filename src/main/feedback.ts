import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, codeIs } from '../error.ts';
import { FEEDBACK_SHAPE, type Feedback } from '../postmortem/feedback.ts';
import { writePostmortem } from './postmortem.ts';

class FeedbackError extends CodedError<'cordon_feedback_unreadable'> {}

/** Where the engine keeps what its incidents say back to detection: one JSON file an incident. */
function feedbackFolder(dataDir: string): string {
  return join(dataDir, 'feedback');
}

/** Writes the record of one incident over an earlier one. */
export async function writeFeedback(dataDir: string, feedback: Feedback): Promise<void> {
  await writePostmortem(
    join(feedbackFolder(dataDir), `${feedback.incident}.json`),
    `${JSON.stringify(feedback, null, 2)}\n`,
  );
}

/** The files of the data folder's records, sorted; none when no incident has ended yet. */
export async function feedbackFiles(dataDir: string): Promise<readonly string[]> {
  const folder = feedbackFolder(dataDir);
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    if (codeIs(error, 'ENOENT')) return [];
    throw error;
  }
}

/** The record that an incident left. Throws `cordon_feedback_unreadable`, when it has not ended yet too. */
export function feedbackOfIncident(dataDir: string, incident: string): Promise<Feedback> {
  return readFeedback(join(feedbackFolder(dataDir), `${incident}.json`));
}

/** Reads one record. Throws `cordon_feedback_unreadable`, with what is wrong where. */
export async function readFeedback(file: string): Promise<Feedback> {
  const refuse = (why: string, cause?: unknown) =>
    new FeedbackError(
      'cordon_feedback_unreadable',
      `expected a record of detection feedback in ${file}, as an incident leaves it: ${why}`,
      { cause },
    );
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw refuse(cause instanceof SyntaxError ? 'it is not JSON' : 'it cannot be read', cause);
  }
  const read = FEEDBACK_SHAPE.safeParse(parsed);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw refuse(`${issue?.path.map(String).join('.') || 'the whole'}: ${issue?.message ?? ''}`);
}
