import { createHash } from 'node:crypto';
import type { Ids } from '../../id.ts';

/** Random material of the world's own names (keys, revision ids, request ids), from the seeded source. */
export interface Names {
  uuid(): string;
  /** `length` characters of `A-Z2-7`, as in AWS's unique ids. */
  code(length: number): string;
  hex(length: number): string;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Names that repeat exactly when the ids are seeded. */
export function createNames(ids: Ids): Names {
  const bytes = () => createHash('sha512').update(String(ids.random())).update(String(ids.random())).digest();
  const hex = (length: number) => {
    let text = '';
    while (text.length < length) text += bytes().toString('hex');
    return text.slice(0, length);
  };
  return {
    hex,
    code(length) {
      return [...bytes().subarray(0, length)].map((byte) => BASE32[byte & 31]).join('');
    },
    uuid() {
      const text = hex(32);
      return [
        text.slice(0, 8),
        text.slice(8, 12),
        `4${text.slice(13, 16)}`,
        `8${text.slice(17, 20)}`,
        text.slice(20),
      ].join('-');
    },
  };
}
