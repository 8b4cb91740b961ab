/**
 * What a closed incident left contained goes on needing what it holds. Until now only open incidents counted: whoever
 * released an object that several functions share, such as the right of a role to send to the quarantine sink, took it
 * away from a function of the same role whose containment was kept. `cordon.commit` is the one of 0001 but for whom it asks.
 */
export const sql = `
-- Who else holds an object: open incidents, and what closed ones left held. Not what a closed one left of a function that
-- the incident itself is about, which it has taken over; what ends by itself is taken over by nobody.
create function cordon.others_on(key text, incident text) returns setof cordon.hold language sql stable as $fn$
  select h.* from cordon.hold as h
  join cordon.incident as holder on holder.id = h.incident_id
  where h.object_key = key and h.incident_id <> incident and h.status <> 'closed'
    and (holder.status <> 'closed' or h.row ->> 'expiresAt' is not null or not exists (
      select 1 from cordon.incident_target as t
      where t.incident_id = incident and t.function_arn = h.row #>> '{target,functionArn}'))
$fn$;

create or replace function cordon.commit(p jsonb) returns bigint language plpgsql
set plan_cache_mode = force_generic_plan as $fn$
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
      where r ->> 'closedAs' = 'inherited'
        and not exists (select 1 from cordon.others_on(r ->> 'objectKey', this_incident))
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
    -- Restoring is exclusive: while another holds the object, the last one restores.
    if exists (
      select 1 from jsonb_array_elements(p -> 'holds') as r
      where r ->> 'status' = 'restoring' and exists (select 1 from cordon.others_on(r ->> 'objectKey', this_incident))
    ) then
      raise exception 'another incident holds the object' using errcode = 'CD004';
    end if;
    -- What closed incidents had left in a person's hands of the same functions was taken over, and is over with it:
    -- whether the object is restored, or stays for the sake of another function.
    update cordon.hold as left_over set status = 'closed', row = left_over.row
      || jsonb_build_object('status', 'closed', 'closedAs', r ->> 'closedAs', 'closedAt', r ->> 'closedAt')
    from jsonb_array_elements(p -> 'holds') as r, cordon.incident as holder, cordon.incident_target as t
    where r ->> 'closedAs' in ('released', 'inherited') and left_over.object_key = r ->> 'objectKey'
      and left_over.status <> 'closed' and left_over.row ->> 'expiresAt' is null
      and holder.id = left_over.incident_id and holder.status = 'closed' and holder.id <> this_incident
      and t.incident_id = this_incident and t.function_arn = left_over.row #>> '{target,functionArn}';
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
`;
