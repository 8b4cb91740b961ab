/**
 * The first schema. Everything is qualified with `cordon.`: with an embedded database the search
 * path is shared with the queue's own tables.
 *
 * An incident is one aggregate: its charts, invocations, attempts, holds and timers are written only
 * by `cordon.commit`, which checks and advances `incident.seq`. That one optimistic check is the fence of
 * every row: whoever decides on stale rows is refused as a whole, with SQLSTATE CD001.
 */
export const sql = `
create schema if not exists cordon;

create table cordon.playbook (
  sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
  id text not null,
  source text not null,
  stored_at timestamptz not null
);

create table cordon.incident (
  id text primary key,
  number bigint generated always as identity unique,
  seq bigint not null check (seq > 0),
  status text not null check (status in ('open', 'closed', 'halted')),
  playbook_sha256 text not null references cordon.playbook (sha256),
  record jsonb not null,
  chain_seq bigint not null,
  chain_hash text not null,
  opened_at timestamptz not null,
  closed_at timestamptz,
  check ((status = 'closed') = (closed_at is not null))
);
create index incident_by_status on cordon.incident (status, opened_at desc);

-- One open incident per function: the second of two simultaneous alerts fails here and joins instead.
create table cordon.incident_target (
  incident_id text not null references cordon.incident (id),
  function_arn text not null,
  open boolean not null,
  primary key (incident_id, function_arn)
);
create unique index incident_target_one_open on cordon.incident_target (function_arn) where open;

create table cordon.alert (
  id text primary key,
  dedupe_key text not null unique,
  incident_id text not null references cordon.incident (id),
  revision text not null,
  copies int not null default 1,
  bytes_sha256 text not null,
  via text not null,
  sender text not null,
  received_at timestamptz not null,
  body jsonb not null
);
create index alert_by_incident on cordon.alert (incident_id);

create table cordon.chart (
  id text primary key,
  incident_id text not null references cordon.incident (id),
  row jsonb not null
);
create index chart_by_incident on cordon.chart (incident_id);

create table cordon.invocation (
  id text primary key,
  incident_id text not null references cordon.incident (id),
  status text not null check (status in ('open', 'done', 'failed', 'withdrawn')),
  row jsonb not null
);
create index invocation_by_incident on cordon.invocation (incident_id);

create table cordon.attempt (
  id text primary key,
  incident_id text not null references cordon.incident (id),
  state text not null check (state in ('planned', 'reading', 'awaiting', 'running', 'unknown', 'succeeded',
    'failed', 'refused', 'denied', 'expired', 'cancelled')),
  lane text not null,
  owner text,
  not_before timestamptz,
  finished_at timestamptz,
  row jsonb not null,
  check ((state in ('succeeded', 'failed', 'refused', 'denied', 'expired', 'cancelled')) = (finished_at is not null)),
  check (owner is null or state in ('reading', 'running', 'unknown'))
);
create index attempt_by_incident on cordon.attempt (incident_id);
create index attempt_unfinished on cordon.attempt (owner) where finished_at is null;

create table cordon.hold (
  id text primary key,
  incident_id text not null references cordon.incident (id),
  object_key text not null,
  status text not null check (status in ('open', 'restoring', 'closed')),
  captor boolean not null,
  opened_at timestamptz not null,
  row jsonb not null
);
create index hold_by_incident on cordon.hold (incident_id);
-- The first hold on an object captures the prior state; a second captor would capture our own write.
create unique index hold_one_captor on cordon.hold (object_key) where captor and status <> 'closed';

create table cordon.timer (
  id text primary key,
  incident_id text not null references cordon.incident (id),
  status text not null check (status in ('armed', 'fired', 'cancelled')),
  due_at timestamptz not null,
  row jsonb not null
);
create index timer_by_incident on cordon.timer (incident_id);
create index timer_due on cordon.timer (due_at) where status = 'armed';

create table cordon.outbox (
  seq bigint generated always as identity primary key,
  id text not null unique,
  incident_id text not null references cordon.incident (id),
  kind text not null,
  merge_key text,
  params jsonb not null,
  status text not null check (status in ('pending', 'sending', 'unknown', 'sent', 'failed', 'superseded')),
  tries int not null default 0,
  not_before timestamptz,
  owner text,
  result jsonb,
  error jsonb,
  created_at timestamptz not null,
  finished_at timestamptz,
  check ((owner is not null) = (status = 'sending'))
);
create index outbox_open on cordon.outbox (incident_id, seq) where status in ('pending', 'sending', 'unknown');

-- Where an incident lives in Slack.
create table cordon.place (
  incident_id text primary key references cordon.incident (id),
  channel text not null,
  card_ts text
);

create table cordon.receipt (
  key text primary key,
  result jsonb not null,
  at timestamptz not null
);

create table cordon.nonce (
  sender text not null,
  nonce text not null,
  expires_at timestamptz not null,
  primary key (sender, nonce)
);
create index nonce_expiry on cordon.nonce (expires_at);

create sequence cordon.worker_lock as int;
create table cordon.worker (
  id text primary key,
  lock_key int not null unique,
  host text not null,
  pid int not null,
  started_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz not null,
  ended_at timestamptz
);

create table cordon.rate_budget (
  key text primary key,
  slots double precision[] not null
);

create table cordon.chain (
  name text primary key,
  seq bigint not null,
  hash text not null
);

create table cordon.timeline_entry (
  chain text not null,
  seq bigint not null,
  at timestamptz not null,
  prev_hash text not null,
  body_hash text not null,
  hash text not null,
  primary key (chain, seq)
);

-- Bodies stand apart so that retention can remove one and leave its hash as a tombstone.
create table cordon.timeline_body (
  chain text not null,
  seq bigint not null,
  body text not null,
  primary key (chain, seq),
  foreign key (chain, seq) references cordon.timeline_entry (chain, seq)
);

create function cordon.refuse_change() returns trigger language plpgsql as $fn$
begin
  raise exception 'the timeline is append-only: % on % is refused', tg_op, tg_table_name using errcode = 'CD003';
end $fn$;
create trigger timeline_entry_append_only before update or delete on cordon.timeline_entry
  for each row execute function cordon.refuse_change();
create trigger timeline_entry_no_truncate before truncate on cordon.timeline_entry
  for each statement execute function cordon.refuse_change();
create trigger timeline_body_append_only before update or delete on cordon.timeline_body
  for each row execute function cordon.refuse_change();
create trigger timeline_body_no_truncate before truncate on cordon.timeline_body
  for each statement execute function cordon.refuse_change();

create function cordon.append_timeline(entries jsonb) returns void language plpgsql as $fn$
begin
  insert into cordon.timeline_entry (chain, seq, at, prev_hash, body_hash, hash)
    select e.chain, e.seq, e.at, e.prev_hash, e.body_hash, e.hash
    from jsonb_to_recordset(entries) as e(chain text, seq bigint, at timestamptz, prev_hash text, body_hash text, hash text);
  insert into cordon.timeline_body (chain, seq, body)
    select e.chain, e.seq, e.body from jsonb_to_recordset(entries) as e(chain text, seq bigint, body text);
end $fn$;

-- The one commit of one event. A single round trip; its inner plans are cached per session.
create function cordon.commit(p jsonb) returns bigint language plpgsql as $fn$
declare
  i jsonb := p -> 'incident';
  this_incident text := i ->> 'id';
  expected bigint := (i ->> 'expected_seq')::bigint;
  a jsonb;
  delivered jsonb;
  incident_number bigint;
begin
  if expected = 0 then
    insert into cordon.incident (id, seq, status, playbook_sha256, record, chain_seq, chain_hash, opened_at, closed_at)
    values (this_incident, 1, i ->> 'status', i ->> 'playbook_sha256', i -> 'record', (i ->> 'chain_seq')::bigint,
      i ->> 'chain_hash', (i ->> 'opened_at')::timestamptz, (i ->> 'closed_at')::timestamptz)
    returning number into incident_number;
  else
    update cordon.incident set seq = seq + 1, status = i ->> 'status', record = i -> 'record',
      chain_seq = (i ->> 'chain_seq')::bigint, chain_hash = i ->> 'chain_hash',
      closed_at = (i ->> 'closed_at')::timestamptz
    where id = this_incident and seq = expected
    returning number into incident_number;
    if not found then
      raise exception 'incident % is no longer at commit %', this_incident, expected using errcode = 'CD001';
    end if;
  end if;

  if p ? 'targets' then
    insert into cordon.incident_target (incident_id, function_arn, open)
      select this_incident, t.function_arn, t.open
      from jsonb_to_recordset(p -> 'targets') as t(function_arn text, open boolean)
    on conflict (incident_id, function_arn) do update set open = excluded.open;
  end if;
  for a in select * from jsonb_array_elements(p -> 'alerts') loop
    insert into cordon.alert (id, dedupe_key, incident_id, revision, bytes_sha256, via, sender, received_at, body)
    values (a ->> 'id', a ->> 'dedupe_key', this_incident, a ->> 'revision', a ->> 'bytes_sha256', a ->> 'via', a ->> 'sender',
      (a ->> 'received_at')::timestamptz, a -> 'body')
    on conflict (dedupe_key) do update set revision = excluded.revision, copies = cordon.alert.copies + 1,
      body = excluded.body, incident_id = excluded.incident_id
    where cordon.alert.incident_id = excluded.incident_id
      -- A finding that comes again after its incident was closed opens a new one, and belongs to that.
      or exists (select 1 from cordon.incident as old where old.id = cordon.alert.incident_id and old.status = 'closed');
    if not found then
      raise exception 'alert % belongs to another incident', a ->> 'dedupe_key' using errcode = 'CD002';
    end if;
  end loop;
  if p ? 'charts' then
    insert into cordon.chart (id, incident_id, row)
      select r ->> 'id', this_incident, r from jsonb_array_elements(p -> 'charts') as r
    on conflict (id) do update set row = excluded.row;
  end if;
  if p ? 'invocations' then
    insert into cordon.invocation (id, incident_id, status, row)
      select r ->> 'id', this_incident, r ->> 'status', r from jsonb_array_elements(p -> 'invocations') as r
    on conflict (id) do update set status = excluded.status, row = excluded.row;
  end if;
  if p ? 'attempts' then
    insert into cordon.attempt (id, incident_id, state, lane, owner, not_before, finished_at, row)
      select r ->> 'id', this_incident, r ->> 'state', r ->> 'lane', r ->> 'owner', (r ->> 'notBefore')::timestamptz,
        (r ->> 'finishedAt')::timestamptz, r
      from jsonb_array_elements(p -> 'attempts') as r
    on conflict (id) do update set state = excluded.state, owner = excluded.owner, not_before = excluded.not_before,
      finished_at = excluded.finished_at, row = excluded.row;
  end if;
  if p ? 'holds' then
    -- Who claims an object is decided by one commit at a time, or two incidents that release it at the same
    -- instant would each leave the restoring to the other. In the order of the keys: two cannot wait for each other.
    perform pg_advisory_xact_lock(7315, k.key) from (
      select distinct hashtext(r ->> 'objectKey') as key from jsonb_array_elements(p -> 'holds') as r order by 1) as k;
    if exists (
      select 1 from jsonb_array_elements(p -> 'holds') as r
      join cordon.hold as other on other.object_key = r ->> 'objectKey' and other.status = 'restoring'
        and other.incident_id <> this_incident
      where r ->> 'status' <> 'closed' and not exists (select 1 from cordon.hold as own where own.id = r ->> 'id')
    ) then
      raise exception 'the object is being restored by another incident' using errcode = 'CD007';
    end if;
    if exists (
      select 1 from jsonb_array_elements(p -> 'holds') as r
      join cordon.hold as own on own.id = r ->> 'id' and own.status <> 'closed'
      where r ->> 'closedAs' = 'inherited' and not exists (
        select 1 from cordon.hold as other
        join cordon.incident as holder on holder.id = other.incident_id and holder.status <> 'closed'
        where other.object_key = r ->> 'objectKey' and other.status <> 'closed' and other.incident_id <> this_incident)
    ) then
      raise exception 'no other incident holds the object any more' using errcode = 'CD006';
    end if;
    -- A captor that leaves hands the prior state on to the oldest hold that stays, so close before opening.
    -- Once captor, always captor: the incident that became it by another's leaving may not know yet.
    insert into cordon.hold (id, incident_id, object_key, status, captor, opened_at, row)
      select r ->> 'id', this_incident, r ->> 'objectKey', r ->> 'status', (r ->> 'captor')::boolean,
        (r ->> 'openedAt')::timestamptz, r
      from jsonb_array_elements(p -> 'holds') as r
      order by (r ->> 'status') = 'closed' desc
    on conflict (id) do update set status = excluded.status, captor = cordon.hold.captor or excluded.captor,
      row = excluded.row || jsonb_build_object('captor', cordon.hold.captor or excluded.captor);
    -- Restoring is exclusive: while another open incident holds the object, the last one restores.
    if exists (
      select 1 from jsonb_array_elements(p -> 'holds') as r
      join cordon.hold as other on other.object_key = r ->> 'objectKey' and other.status <> 'closed'
        and other.incident_id <> this_incident
      join cordon.incident as holder on holder.id = other.incident_id and holder.status <> 'closed'
      where r ->> 'status' = 'restoring'
    ) then
      raise exception 'another incident holds the object' using errcode = 'CD004';
    end if;
    -- What a closed incident had left in a person's hands is over once the object is restored.
    update cordon.hold as left_over set status = 'closed',
      row = left_over.row || jsonb_build_object('status', 'closed', 'closedAs', 'released', 'closedAt', r ->> 'closedAt')
    from jsonb_array_elements(p -> 'holds') as r, cordon.incident as holder
    where r ->> 'closedAs' = 'released' and left_over.object_key = r ->> 'objectKey' and left_over.status <> 'closed'
      and holder.id = left_over.incident_id and holder.status = 'closed' and holder.id <> this_incident;
    update cordon.hold as heir set captor = true, row = jsonb_set(heir.row, '{captor}', 'true')
    from (
      select distinct on (o.object_key) o.id
      from jsonb_array_elements(p -> 'holds') as r
      join cordon.hold as o on o.object_key = r ->> 'objectKey' and o.status <> 'closed'
      where r ->> 'status' = 'closed' and not exists (
        select 1 from cordon.hold as c where c.object_key = o.object_key and c.captor and c.status <> 'closed')
      order by o.object_key, o.opened_at, o.id
    ) as chosen
    where heir.id = chosen.id;
  end if;
  if p ? 'timers' then
    insert into cordon.timer (id, incident_id, status, due_at, row)
      select r ->> 'id', this_incident, r ->> 'status', (r ->> 'dueAt')::timestamptz, r
      from jsonb_array_elements(p -> 'timers') as r
    on conflict (id) do update set status = excluded.status, row = excluded.row;
  end if;
  if p ? 'outbox' then
    insert into cordon.outbox (id, incident_id, kind, merge_key, params, status, created_at)
      select r ->> 'id', this_incident, r ->> 'kind', r ->> 'mergeKey', r -> 'params', 'pending', (r ->> 'createdAt')::timestamptz
      from jsonb_array_elements(p -> 'outbox') with ordinality as t(r, n) order by n;
  end if;
  for delivered in select * from jsonb_array_elements(p -> 'delivered') loop
    update cordon.outbox set status = delivered ->> 'status', owner = null, result = delivered -> 'result',
      error = delivered -> 'error', finished_at = (delivered ->> 'at')::timestamptz
    where id = delivered ->> 'id' and owner = delivered ->> 'owner' and status = 'sending';
    if not found then
      raise exception 'delivery % is no longer ours', delivered ->> 'id' using errcode = 'CD005';
    end if;
    if jsonb_typeof(delivered -> 'place') = 'object' then
      insert into cordon.place (incident_id, channel, card_ts)
      values (this_incident, delivered #>> '{place,channel}', delivered #>> '{place,cardTs}')
      on conflict (incident_id) do update set channel = excluded.channel,
        card_ts = coalesce(excluded.card_ts, cordon.place.card_ts);
    end if;
  end loop;
  if p ? 'receipts' then
    insert into cordon.receipt (key, result, at)
      select r ->> 'key', r -> 'result', (r ->> 'at')::timestamptz from jsonb_array_elements(p -> 'receipts') as r;
  end if;
  if p ? 'entries' then
    perform cordon.append_timeline(p -> 'entries');
  end if;
  return incident_number;
end $fn$;

-- Everything of one incident in one round trip.
create function cordon.load(incident text) returns jsonb language sql stable as $fn$
  select jsonb_build_object(
    'number', i.number, 'seq', i.seq, 'status', i.status, 'playbook_sha256', i.playbook_sha256,
    'record', i.record, 'chain_seq', i.chain_seq, 'chain_hash', i.chain_hash,
    'charts', (select coalesce(jsonb_agg(row order by row ->> 'ordinal', id), '[]') from cordon.chart where incident_id = i.id),
    'invocations', (select coalesce(jsonb_agg(row order by id), '[]') from cordon.invocation where incident_id = i.id),
    'attempts', (select coalesce(jsonb_agg(row order by id), '[]') from cordon.attempt where incident_id = i.id),
    'holds', (select coalesce(jsonb_agg(row order by id), '[]') from cordon.hold where incident_id = i.id),
    'timers', (select coalesce(jsonb_agg(row order by id), '[]') from cordon.timer where incident_id = i.id and status = 'armed')
  ) from cordon.incident as i where i.id = incident
$fn$;

-- Appends to a chain that belongs to no incident, at the head that the caller built on.
create function cordon.append_chain(p jsonb) returns void language plpgsql as $fn$
begin
  insert into cordon.chain (name, seq, hash) values (p ->> 'name', 0, repeat('0', 64)) on conflict (name) do nothing;
  update cordon.chain set seq = (p ->> 'seq')::bigint, hash = p ->> 'hash'
  where name = p ->> 'name' and seq = (p ->> 'expected_seq')::bigint;
  if not found then
    raise exception 'chain % is no longer at %', p ->> 'name', p ->> 'expected_seq' using errcode = 'CD001';
  end if;
  perform cordon.append_timeline(p -> 'entries');
end $fn$;

-- One call's place in the sliding window of one second: 0 when granted, else milliseconds to wait.
create function cordon.take_budget(budget text, capacity int, now_ms double precision) returns double precision
language plpgsql as $fn$
declare
  recent double precision[];
begin
  insert into cordon.rate_budget (key, slots) values (budget, '{}') on conflict (key) do nothing;
  select slots into recent from cordon.rate_budget where key = budget for update;
  select coalesce(array_agg(s order by s), '{}') into recent from unnest(recent) as s where s > now_ms - 1000;
  if cardinality(recent) < capacity then
    update cordon.rate_budget set slots = recent || now_ms where key = budget;
    return 0;
  end if;
  update cordon.rate_budget set slots = recent where key = budget;
  return greatest(1, recent[cardinality(recent) - capacity + 1] + 1000 - now_ms);
end $fn$;
`;
