import type { JsonObject } from '../json.ts';
import type { Act } from './act.ts';
import { INSTANT_HELP, parseInstant } from './instant.ts';

/** What a person typed, as the command's input; or what is wrong with it. */
export type ActReading =
  | { readonly kind: 'input'; readonly input: JsonObject }
  | { readonly kind: 'wrong'; readonly message: string };

/** Turns typed words into the command's input, by name. Times are read here, as only the typing person's clock is meant. */
export function readAct(
  act: Act,
  given: Readonly<Record<string, string | undefined>>,
  now: Date,
): ActReading {
  const input: Record<string, string | number> = {};
  for (const parameter of act.parameters) {
    const typed = given[parameter.name]?.trim() ?? '';
    if (typed === '') {
      if (!parameter.required) continue;
      return wrong(`expected ${parameter.label} (${parameter.help})`);
    }
    const { kind } = parameter;
    switch (kind.is) {
      case 'text':
        input[parameter.name] = typed;
        break;
      case 'choice': {
        const option = kind.options.find((each) => each === typed.toLowerCase());
        if (option === undefined) {
          return wrong(`expected ${parameter.label} to be one of ${kind.options.join(', ')}`);
        }
        input[parameter.name] = kind.number === true ? Number(option) : option;
        break;
      }
      case 'instant': {
        const instant = parseInstant(typed, now, kind.direction);
        if (instant === undefined) {
          return wrong(`expected ${parameter.label} with its zone, such as ${INSTANT_HELP}`);
        }
        input[parameter.name] = instant;
        break;
      }
    }
  }
  return { kind: 'input', input };
}

/** `note TEXT [at TIME]`: how an act is typed in Slack, without the incident. */
export function usageOf(act: Act): string {
  const parts = act.parameters.map(({ label, required, slack }) => {
    const text = typeof slack === 'object' ? `${slack.after} ${label}` : label;
    return required ? text : `[${text}]`;
  });
  return [...act.words, ...parts].join(' ');
}

function wrong(message: string): ActReading {
  return { kind: 'wrong', message };
}
