/**
 * Statements that run at every commit and are long to plan, as functions that keep their plan for the session: loading an
 * incident took 10 ms embedded and claiming a delivery 20 ms, most of it planning. Every condition in them is on a key.
 */
export const sql = `
create or replace function cordon.load(incident text) returns jsonb language plpgsql stable
set plan_cache_mode = force_generic_plan as $fn$
begin
  return (select jsonb_build_object(
    'number', i.number, 'seq', i.seq, 'status', i.status, 'playbook_sha256', i.playbook_sha256,
    'record', i.record, 'chain_seq', i.chain_seq, 'chain_hash', i.chain_hash,
    'charts', (select coalesce(jsonb_agg(row order by row ->> 'ordinal', id), '[]') from cordon.chart where incident_id = i.id),
    'invocations', (select coalesce(jsonb_agg(row order by id), '[]') from cordon.invocation where incident_id = i.id),
    'attempts', (select coalesce(jsonb_agg(row order by id), '[]') from cordon.attempt where incident_id = i.id),
    'holds', (select coalesce(jsonb_agg(row order by id), '[]') from cordon.hold where incident_id = i.id),
    'timers', (select coalesce(jsonb_agg(row order by id), '[]') from cordon.timer where incident_id = i.id and status = 'armed')
  ) from cordon.incident as i where i.id = incident);
end $fn$;

alter function cordon.commit(jsonb) set plan_cache_mode = force_generic_plan;

create function cordon.claim_delivery(lane_of text, claimer text, now_at timestamptz, of_pages boolean)
returns table (id text, about text, lane text, kind text, params jsonb, tries int, created_at timestamptz,
  was_unknown boolean, late_since timestamptz)
language plpgsql set plan_cache_mode = force_generic_plan as $fn$
#variable_conflict use_column
begin
  return query
  with late as (
    -- Notices of something that happened a while ago, and that were never tried: an outage lies in between.
    select seq, created_at from cordon.outbox
    where incident_id = lane_of and kind in ('announce', 'task-due') and status in ('pending', 'superseded')
      and created_at < now_at - interval '10 minutes'
      and seq > coalesce((select max(seq) from cordon.outbox
        where incident_id = lane_of and kind in ('announce', 'task-due') and status = 'sent'), 0)
  ), merged as (
    update cordon.outbox as old set status = 'superseded', finished_at = now_at
    where old.incident_id = lane_of and old.status = 'pending' and (
      old.merge_key is not null and exists (
        select 1 from cordon.outbox as newer where newer.incident_id = lane_of and newer.merge_key = old.merge_key
          and newer.seq > old.seq and newer.status = 'pending')
      -- The newest of them speaks for all: what each said is in the timeline, and how it came out on the card.
      or old.seq in (select seq from late) and old.seq < (
        select max(l.seq) from late as l join cordon.outbox as o on o.seq = l.seq and o.status = 'pending'))
    returning old.seq
  ), hurried as (
    -- The first card comes first, as everything else is said below it.
    select c.last is null or (c.last < now_at - interval '5 seconds'
      and exists (select 1 from cordon.outbox where incident_id = lane_of and about <> lane_of)) as now
    from (select max(finished_at) as last from cordon.outbox
      where incident_id = lane_of and kind = 'card' and status = 'sent') as c
  ), next as (
    select o.seq, o.status from cordon.outbox as o cross join hurried as h
    where o.incident_id = lane_of and o.status in ('pending', 'sending', 'unknown') and o.seq not in (select seq from merged)
      and (o.kind = 'page') = of_pages
    order by case when o.kind = 'open-channel' then 0 when o.kind = 'furnish' or (o.kind = 'card' and h.now) then 1 else 2 end, o.seq limit 1
  )
  update cordon.outbox as o set status = 'sending', owner = claimer, tries = o.tries + 1
  from next where o.seq = next.seq and next.status in ('pending', 'unknown')
    -- One at a time in a lane, whoever has it.
    and not exists (select 1 from cordon.outbox as busy
      where busy.incident_id = lane_of and busy.status = 'sending' and (busy.kind = 'page') = of_pages)
    and (o.not_before is null or o.not_before <= now_at)
  returning o.id, o.about, o.incident_id, o.kind, o.params, o.tries, o.created_at, next.status = 'unknown' as was_unknown,
    (select min(created_at) from late where o.seq in (select seq from late) having count(*) > 1) as late_since;
end $fn$;
`;
