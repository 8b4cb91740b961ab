/**
 * The global log that checkpoints are made over, the signed checkpoints, and leases for what only one process
 * of a deployment may do at a time. The log is append-only as the timeline is.
 */
export const sql = `
create table cordon.checkpoint_record (
  index bigint primary key check (index >= 0),
  chain text not null,
  seq bigint not null check (seq > 0),
  head text not null check (head ~ '^[0-9a-f]{64}$')
);
create index checkpoint_record_by_chain on cordon.checkpoint_record (chain, index desc);
create trigger checkpoint_record_append_only before update or delete on cordon.checkpoint_record
  for each row execute function cordon.refuse_change();
create trigger checkpoint_record_no_truncate before truncate on cordon.checkpoint_record
  for each statement execute function cordon.refuse_change();

create table cordon.checkpoint_signature (
  size bigint primary key check (size > 0),
  statement_sha256 text not null check (statement_sha256 ~ '^[0-9a-f]{64}$'),
  envelope text not null,
  signed_at timestamptz not null
);
create trigger checkpoint_signature_append_only before update or delete on cordon.checkpoint_signature
  for each row execute function cordon.refuse_change();
create trigger checkpoint_signature_no_truncate before truncate on cordon.checkpoint_signature
  for each statement execute function cordon.refuse_change();

create table cordon.lease (
  name text primary key,
  owner text not null,
  until timestamptz not null
);
`;
