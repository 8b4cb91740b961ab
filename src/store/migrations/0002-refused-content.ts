/**
 * What a poisoned queue message held. The message is deleted from its queue, so this is the only copy;
 * its digest is in the system chain's entry about the refusal.
 */
export const sql = `
create table cordon.refused_content (
  sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
  content bytea not null check (octet_length(content) <= 2097152),
  stored_at timestamptz not null
);
`;
