/**
 * The bytes that an incident's alerts came as, each once: evidence is of what arrived, not of what was made of
 * it. Attacker-controlled in part; read by the collection of evidence alone.
 */
export const sql = `
create table cordon.alert_content (
  incident_id text not null references cordon.incident (id),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  content bytea not null check (octet_length(content) <= 2097152),
  stored_at timestamptz not null,
  primary key (incident_id, sha256)
);
`;
