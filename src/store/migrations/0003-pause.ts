/**
 * Whether writes to accounts are paused: one row while they are, none otherwise. Who paused and resumed, and why,
 * is in the system chain, in the same transaction.
 */
export const sql = `
create table cordon.pause (
  only_one boolean primary key default true check (only_one),
  paused_by text not null,
  reason text not null,
  paused_at timestamptz not null
);

create function cordon.set_pause(p jsonb) returns void language plpgsql as $fn$
begin
  perform cordon.append_chain(p -> 'chain');
  if jsonb_typeof(p -> 'pause') = 'object' then
    insert into cordon.pause (paused_by, reason, paused_at)
    values (p #>> '{pause,by}', p #>> '{pause,reason}', (p #>> '{pause,at}')::timestamptz)
    on conflict (only_one) do nothing;
  else
    delete from cordon.pause;
  end if;
  insert into cordon.receipt (key, result, at)
  values (p #>> '{receipt,key}', p #> '{receipt,result}', (p #>> '{receipt,at}')::timestamptz);
end $fn$;
`;
