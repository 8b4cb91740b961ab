import { z } from 'zod';
import type { Json, JsonObject } from '../../json.ts';

/** Fields of answers that say where to look next. What controls the function controls them: attacker-written. */

const configuration = z.object({
  Layers: z.array(z.object({ Arn: z.string().max(300) })).optional(),
  VpcConfig: z.object({ SubnetIds: z.array(z.string()).optional(), VpcId: z.string().optional() }).optional(),
  TracingConfig: z.object({ Mode: z.string() }).optional(),
  DurableConfig: z.unknown().optional(),
  CapacityProviderConfig: z.unknown().optional(),
});

/** What a function's configuration points at; nothing where it is not of the expected shape. */
export function pointersOf(raw: JsonObject): z.infer<typeof configuration> {
  const read = configuration.safeParse(raw);
  return read.success ? read.data : {};
}

/** Every ARN of one service anywhere in a document, in order of first appearance. */
export function arnsOf(service: string, document: Json): readonly string[] {
  const found = new Set<string>();
  const look = (value: Json | undefined): void => {
    if (typeof value === 'string') {
      if (new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,80}$`).test(value))
        found.add(value);
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) look(inner);
    }
  };
  look(document);
  return [...found];
}
