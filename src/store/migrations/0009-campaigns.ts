/**
 * Campaigns: incidents that share a role, a principal, a source or a window have one channel, one card and one page.
 * Every incident is in exactly one campaign from its opening commit on; most stay alone in it, and then nobody sees
 * it. Triggers keep the tables, so that membership is decided by the commit that the incident itself is decided by.
 *
 * A delivery goes out in the lane of its campaign's anchor, the incident whose channel it is: one channel is written
 * to in one order, whoever is spoken about.
 */
export const sql = `
create table cordon.campaign (
  id text primary key,
  number bigint generated always as identity unique,
  anchor text not null unique references cordon.incident (id),
  exercise boolean not null,
  opened_at timestamptz not null,
  merged_into text references cordon.campaign (id)
);

create table cordon.campaign_member (
  incident_id text primary key references cordon.incident (id),
  campaign_id text not null references cordon.campaign (id),
  joined_at timestamptz not null,
  shares text,
  called boolean not null
);
create index campaign_member_by_campaign on cordon.campaign_member (campaign_id);

create table cordon.campaign_key (
  incident_id text not null references cordon.incident (id),
  kind text not null check (kind in ('role', 'principal', 'source', 'window')),
  value text not null,
  exercise boolean not null,
  at timestamptz not null,
  primary key (incident_id, kind, value)
);
create index campaign_key_by_value on cordon.campaign_key (kind, value, at desc);

-- The campaign that an incident with these keys belongs to now: of an open incident that shares one, the surest first.
create function cordon.campaign_for(keys jsonb, drill boolean, now_at timestamptz)
returns table (id text, anchor text, kind text, value text, called boolean) language sql stable as $fn$
  select c.id, c.anchor, k.kind, k.value,
    exists (select 1 from cordon.campaign_member as x where x.campaign_id = c.id and x.called)
  from jsonb_to_recordset(keys) as wanted(kind text, value text)
  join cordon.campaign_key as k on k.kind = wanted.kind and k.value = wanted.value and k.exercise = drill
    and k.at > now_at - case when wanted.kind = 'window' then interval '10 minutes' else interval '24 hours' end
  join cordon.incident as i on i.id = k.incident_id and i.status <> 'closed'
  join cordon.campaign_member as m on m.incident_id = k.incident_id
  join cordon.campaign as c on c.id = m.campaign_id
  order by array_position(array['role', 'principal', 'source', 'window'], k.kind), k.at desc, k.incident_id
  limit 1
$fn$;

create function cordon.keep_campaign() returns trigger language plpgsql as $fn$
declare
  c jsonb := new.record -> 'campaign';
  drill boolean := (new.record ->> 'exercise')::boolean;
begin
  -- One at a time: of two that share something and open together, the second must see the first.
  perform pg_advisory_xact_lock(7317, drill::int);
  if c ->> 'anchor' = new.id then
    if tg_op = 'INSERT' and exists (select 1 from cordon.campaign_for(c -> 'keys', drill, new.opened_at)) then
      raise exception 'there is a campaign that the incident belongs to' using errcode = 'CD009';
    end if;
    insert into cordon.campaign (id, anchor, exercise, opened_at)
    values (c ->> 'id', new.id, drill, coalesce((c ->> 'at')::timestamptz, new.opened_at))
    on conflict (anchor) do update set merged_into = null;
  elsif not exists (
    select 1 from cordon.campaign as t
    join cordon.campaign_member as m on m.campaign_id = t.id
    join cordon.incident as i on i.id = m.incident_id and i.status <> 'closed'
    where t.id = c ->> 'id' and t.anchor = c ->> 'anchor' and t.merged_into is null
  ) then
    raise exception 'campaign % takes nobody any more', c ->> 'id' using errcode = 'CD009';
  end if;
  if tg_op = 'INSERT' and coalesce((c ->> 'called')::boolean, false) and exists (
    select 1 from cordon.campaign_member as x where x.campaign_id = c ->> 'id' and x.called
  ) then
    raise exception 'somebody is called for the campaign already' using errcode = 'CD009';
  end if;
  if tg_op = 'INSERT' then
    insert into cordon.campaign_key (incident_id, kind, value, exercise, at)
      select new.id, k.kind, k.value, drill, new.opened_at
      from jsonb_to_recordset(c -> 'keys') as k(kind text, value text)
    on conflict do nothing;
  end if;
  insert into cordon.campaign_member (incident_id, campaign_id, joined_at, shares, called)
  values (new.id, c ->> 'id', coalesce((c ->> 'at')::timestamptz, new.opened_at), c ->> 'shares',
    coalesce((c ->> 'called')::boolean, false))
  on conflict (incident_id) do update set campaign_id = excluded.campaign_id, joined_at = excluded.joined_at,
    shares = excluded.shares;
  -- What nobody is in any more has gone into where its anchor went.
  update cordon.campaign as left_over set merged_into = c ->> 'id'
  where left_over.anchor = new.id and left_over.id <> c ->> 'id';
  return new;
end $fn$;

create trigger incident_opens_in_campaign after insert on cordon.incident
  for each row when (jsonb_typeof(new.record -> 'campaign') = 'object') execute function cordon.keep_campaign();
create trigger incident_moves_campaign after update on cordon.incident
  for each row when (new.record -> 'campaign' is distinct from old.record -> 'campaign')
  execute function cordon.keep_campaign();

-- Which incident a delivery is about; incident_id is the lane that it goes out in.
alter table cordon.outbox add column about text references cordon.incident (id);
update cordon.outbox set about = incident_id;
alter table cordon.outbox alter column about set not null;
create index outbox_about on cordon.outbox (about, seq);

create function cordon.choose_lane() returns trigger language plpgsql as $fn$
declare
  of_campaign text;
begin
  new.about := new.incident_id;
  if new.kind in ('page', 'open-channel') then
    return new;
  end if;
  select c.anchor into of_campaign from cordon.campaign_member as m
    join cordon.campaign as c on c.id = m.campaign_id where m.incident_id = new.incident_id;
  new.incident_id := coalesce(of_campaign, new.incident_id);
  -- There is one card, that of the channel.
  if new.kind = 'card' then
    new.about := new.incident_id;
  end if;
  return new;
end $fn$;
-- Who changed a function last, as its account's own event history has it.
alter table cordon.inventory_function add column changed_by text;
alter table cordon.inventory_function add column changed_at timestamptz;

create trigger outbox_goes_in_lane before insert on cordon.outbox
  for each row execute function cordon.choose_lane();
`;
