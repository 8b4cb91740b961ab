/**
 * Automatic containments as they are begun, for the budget of them. An attempt's row carries its claim; the trigger
 * counts it in the transaction that commits the intent, so that no two workers spend the same place. A claim beyond
 * a limit refuses the whole commit with CD008 and the name of the limit as its detail: the gate is asked again.
 */
export const sql = `
create table cordon.containment_claim (
  incident_id text not null references cordon.incident (id),
  function_arn text not null,
  account text not null,
  tier text not null,
  exercise boolean not null,
  at timestamptz not null,
  primary key (incident_id, function_arn)
);
create index containment_claim_by_time on cordon.containment_claim (at);

create function cordon.claim_containment() returns trigger language plpgsql as $fn$
declare
  c jsonb := new.row -> 'claim';
  now_at timestamptz := (c ->> 'at')::timestamptz;
  drill boolean := (c ->> 'exercise')::boolean;
  everything int;
  in_account int;
  in_tier int;
begin
  if exists (
    select 1 from cordon.containment_claim
    where incident_id = new.incident_id and function_arn = c ->> 'functionArn'
  ) then
    return new;
  end if;
  perform pg_advisory_xact_lock(7316, drill::int);
  select count(*), count(*) filter (where account = c ->> 'account'),
    count(*) filter (where account = c ->> 'account' and tier = c ->> 'tier')
  into everything, in_account, in_tier
  from cordon.containment_claim
  where exercise = drill and at > now_at - interval '1 hour';
  if in_tier >= (c #>> '{limits,tier}')::int then
    raise exception 'the budget of automatic containments is spent' using errcode = 'CD008', detail = 'tier';
  elsif in_account >= (c #>> '{limits,account}')::int then
    raise exception 'the budget of automatic containments is spent' using errcode = 'CD008', detail = 'account';
  elsif everything >= (c #>> '{limits,all}')::int then
    raise exception 'the budget of automatic containments is spent' using errcode = 'CD008', detail = 'all';
  end if;
  insert into cordon.containment_claim (incident_id, function_arn, account, tier, exercise, at)
  values (new.incident_id, c ->> 'functionArn', c ->> 'account', c ->> 'tier', drill, now_at);
  return new;
end $fn$;

create trigger attempt_claims_containment before insert or update on cordon.attempt
  for each row when (new.state in ('running', 'unknown') and jsonb_typeof(new.row -> 'claim') = 'object')
  execute function cordon.claim_containment();
`;
