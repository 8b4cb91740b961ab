import { readWorldSpec, readWorldText, type WorldSpec } from './spec.ts';
import { WorldError } from './world-error.ts';

/** One of the files that a world is put together from. */
export interface WorldPart {
  readonly file: string;
  readonly text: string;
}

/**
 * Reads a world that lies in several files, such as what every exercise's account has and what one adds to
 * it: lists are put one after another, anything else is said once. Throws `cordon_world_invalid` with the
 * file: of what is no YAML, is said twice, is not as it must be, or has a name that is taken.
 */
export function loadWorldParts(parts: readonly WorldPart[]): WorldSpec {
  const whole: Record<string, unknown> = {};
  const saidIn = new Map<string, string>();
  /** Of a list, the file of each item. */
  const itemsOf = new Map<string, string[]>();
  for (const { file, text } of parts) {
    const part = within(file, () => readWorldText(text));
    if (part === null || typeof part !== 'object' || Array.isArray(part))
      throw invalid(file, 'expected a mapping');
    for (const [key, value] of Object.entries(part)) {
      const before = saidIn.get(key);
      const held = whole[key];
      saidIn.set(key, before ?? file);
      if (Array.isArray(value) && (before === undefined || Array.isArray(held))) {
        whole[key] = [...(Array.isArray(held) ? held : []), ...value];
        itemsOf.set(key, [...(itemsOf.get(key) ?? []), ...value.map(() => file)]);
      } else if (before === undefined) whole[key] = value;
      else throw invalid(file, `${key} is said in ${before} already; say it in one of them`);
    }
  }
  const fileOf = ([key, index]: readonly PropertyKey[]): string =>
    itemsOf.get(String(key))?.[Number(index)] ?? saidIn.get(String(key)) ?? parts[0]?.file ?? '';
  const spec = readWorldSpec(whole, fileOf);
  refuseTakenNames(spec, fileOf);
  return spec;
}

type Item<List extends keyof WorldSpec> = WorldSpec[List] extends readonly (infer Each)[] ? Each : never;

/** What a thing of each list is known by within the account; where a Region may be left out, it is the first one. */
const NAMES: { readonly [List in keyof WorldSpec]?: (item: Item<List>) => string | undefined } = {
  users: ({ account = '', name }) => `${account} ${name}`,
  roles: ({ name }) => name,
  managedPolicies: ({ awsManaged, path, name }) => `${awsManaged} ${path} ${name}`,
  functions: ({ region = '', name }) => `${region} ${name}`,
  layers: ({ account = '', region = '', name }) => `${account} ${region} ${name}`,
  codeSigningConfigs: ({ region = '', name }) => `${region} ${name}`,
  eventSourceMappings: ({ uuid }) => uuid,
  logs: ({ region = '', group }) => `${region} ${group}`,
  queues: ({ region = '', name }) => `${region} ${name}`,
  topics: ({ region = '', name }) => `${region} ${name}`,
  eventBuses: ({ region = '', name }) => `${region} ${name}`,
  streams: ({ source }) => source,
  secrets: ({ region = '', name }) => `${region} ${name}`,
  buckets: ({ name }) => name,
  keys: ({ region = '', name }) => `${region} ${name}`,
};

function refuseTakenNames(spec: WorldSpec, fileOf: (path: readonly PropertyKey[]) => string): void {
  for (const list of Object.keys(NAMES)) {
    const key = list as keyof typeof NAMES; // one of its own keys
    const nameOf = NAMES[key] as (item: unknown) => string | undefined; // the items of the list of the same name
    const items: unknown = spec[key];
    const taken = new Map<string, number>();
    (Array.isArray(items) ? items : []).forEach((item, index) => {
      const name = nameOf(item);
      if (name === undefined) return;
      const first = taken.get(name);
      if (first !== undefined) {
        const where = fileOf([key, first]);
        throw invalid(
          fileOf([key, index]),
          `${key}: ${name.trim()} is there twice, first in ${where}; give one of them another name`,
        );
      }
      taken.set(name, index);
    });
  }
}

function within<Result>(file: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof WorldError) throw invalid(file, error.message, error);
    throw error;
  }
}

function invalid(file: string, why: string, cause?: unknown): WorldError {
  return new WorldError(
    'cordon_world_invalid',
    `expected a world; in ${file}: ${why}`,
    cause === undefined ? {} : { cause },
  );
}
