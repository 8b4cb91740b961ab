import type { Alert } from './alert.ts';
import { parseBoundedJson } from './bounded-json.ts';
import { type Document, unwrap } from './envelope.ts';
import { foreignFormat } from './foreign-formats.ts';
import type { FormatReading } from './format.ts';
import { FORMATS } from './formats.ts';
import { type AlertReading, rejected, type Unread, unsupported } from './reading.ts';

/** The largest submission: 1 MiB, which is also the largest SQS message. */
export const MAX_ALERT_BYTES = 1_048_576;

/**
 * Reads the bytes of one submission into alerts: takes the envelopes off, finds the format, checks
 * every field. Throws nothing, whatever the bytes; the codes of a refusal are in `reading.ts`.
 */
export function readAlert(bytes: Uint8Array): AlertReading {
  if (bytes.byteLength > MAX_ALERT_BYTES) return tooLarge(bytes.byteLength);
  const text = decode(bytes);
  if (text === null) {
    return rejected(
      'cordon_alert_malformed_json',
      'Expected JSON in UTF-8; found bytes that are not UTF-8. Check how the sender encodes it.',
    );
  }
  const parsed = parseBoundedJson(text, 'the submission');
  if (parsed.kind !== 'parsed') return parsed;
  const alerts: Alert[] = [];
  const refused: Unread[] = [];
  for (const part of unwrap(parsed.value)) {
    const reading = part.kind === 'document' ? readDocument(part) : part;
    if (reading.kind === 'alert') alerts.push(reading.alert);
    else refused.push(reading);
  }
  const [first] = refused;
  return alerts.length === 0 && first !== undefined ? first : { kind: 'alerts', alerts, refused };
}

function readDocument(document: Document): FormatReading {
  const format = FORMATS.find((candidate) => candidate.recognises(document));
  if (format !== undefined) return format.read(document);
  const foreign = foreignFormat(document);
  const readable = FORMATS.map((candidate) => candidate.title).join(' or ');
  return foreign === null
    ? unsupported(
        'cordon_alert_unknown_format',
        `Expected a ${readable}; found JSON that is neither. A person has to look at it.`,
      )
    : unsupported(
        'cordon_alert_format_not_read',
        `Expected a ${readable}; found ${foreign}, which Cordon does not read. A person has to look at it.`,
      );
}

function tooLarge(size: number): Unread {
  return rejected(
    'cordon_alert_too_large',
    `Expected at most ${MAX_ALERT_BYTES} bytes; found ${size}. Send fewer alerts at once.`,
  );
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
