import type { Api } from './context.ts';
import { CliError } from './error.ts';
import { shown } from './output.ts';

export type Incident = NonNullable<Awaited<ReturnType<Api['incident']>>>;

/** How every verb that is about one incident takes it. */
export const REFERENCE = 'INC-12, 12, or the incident’s id';

/** The incident that a person means. Throws `cordon_cli_incident_not_found`. */
export async function findIncident(api: Api, reference: string): Promise<Incident> {
  const incident = await api.incident(reference);
  if (incident !== undefined) return incident;
  throw notFound(reference);
}

export function notFound(reference: string): CliError {
  return new CliError(
    'cordon_cli_incident_not_found',
    `there is no incident ${shown(reference, 60)}; "cordon list --all" shows those there are`,
  );
}

export function nameOf(incident: { readonly number: number }): string {
  return `INC-${incident.number}`;
}
