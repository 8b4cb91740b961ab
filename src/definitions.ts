import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ACTIONS } from './action/catalogue.ts';
import type { Enrolment } from './enrolment/enrolment.ts';
import { emptyEnrolment, parseEnrolment } from './enrolment/enrolment.ts';
import { CodedError } from './error.ts';
import type { GuardrailFiles } from './guardrail/check.ts';
import type { OwnerRule } from './inventory/owners.ts';
import { parseOwners } from './inventory/owners.ts';
import { PACKAGE_ROOT } from './package-root.ts';
import type { PlaybookCatalogue } from './playbook/catalogue.ts';
import { buildCatalogue } from './playbook/catalogue.ts';
import type { CompiledPlaybook } from './playbook/compile.ts';
import { compilePlaybook } from './playbook/compile.ts';

/** Loads what people write: playbooks, guardrails, the enrolment file. Everything is checked here, at start. */

class DefinitionError extends CodedError<'cordon_definition_unreadable'> {}

/** What a playbook may name: the catalogue of this version. */
export const PLAYBOOK_CATALOGUE: PlaybookCatalogue = buildCatalogue([...ACTIONS.values()]);

// Compiling explores all that a playbook can come to, which takes half a second; an exercise, a dry run and a replay load
// the same ones again and again.
const compiled = new Map<string, CompiledPlaybook>();

export async function loadPlaybooks(
  folder = join(PACKAGE_ROOT, 'playbooks'),
): Promise<readonly CompiledPlaybook[]> {
  const files = await filesIn(folder, ['.yaml', '.yml']);
  return files.map(({ text }) => {
    const playbook = compiled.get(text) ?? compilePlaybook(text, PLAYBOOK_CATALOGUE);
    compiled.set(text, playbook);
    return playbook;
  });
}

export async function loadGuardrails(folder = join(PACKAGE_ROOT, 'guardrails')): Promise<GuardrailFiles> {
  const [schema] = await filesIn(folder, ['.cedarschema']);
  if (schema === undefined) {
    throw new DefinitionError(
      'cordon_definition_unreadable',
      `expected a .cedarschema file in ${folder}; found none`,
    );
  }
  return { schema, policies: await filesIn(folder, ['.cedar']) };
}

export async function loadEnrolment(file: string | undefined): Promise<Enrolment> {
  return file === undefined ? emptyEnrolment() : parseEnrolment(await textOf(file), file);
}

/** The rules of the owners file; none without one. */
export async function loadOwners(file: string | undefined): Promise<readonly OwnerRule[]> {
  return file === undefined ? [] : parseOwners(await textOf(file), file);
}

async function filesIn(
  folder: string,
  endings: readonly string[],
): Promise<{ file: string; text: string }[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    throw new DefinitionError(
      'cordon_definition_unreadable',
      `expected a folder at ${folder}; it cannot be read`,
      { cause: error },
    );
  }
  const wanted = names.filter((name) => endings.some((ending) => name.endsWith(ending))).sort();
  return Promise.all(
    wanted.map(async (name) => ({ file: join(folder, name), text: await textOf(join(folder, name)) })),
  );
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new DefinitionError(
      'cordon_definition_unreadable',
      `expected a readable file at ${file}; it cannot be read`,
      { cause: error },
    );
  }
}
