/**
 * Retention may remove bodies of a closed incident's timeline: through this function alone, and only once an entry of the
 * same chain says that they are removed. The entries and their hashes stay for ever.
 */
export const sql = `
create function cordon.refuse_body_change() returns trigger language plpgsql as $fn$
begin
  if tg_op = 'DELETE' and old.chain = current_setting('cordon.purging', true) then
    return old;
  end if;
  raise exception 'the timeline is append-only: % on % is refused', tg_op, tg_table_name using errcode = 'CD003';
end $fn$;
drop trigger timeline_body_append_only on cordon.timeline_body;
create trigger timeline_body_append_only before update or delete on cordon.timeline_body
  for each row execute function cordon.refuse_body_change();

create function cordon.purge_bodies(incident text, said_by bigint) returns bigint language plpgsql as $fn$
declare
  said jsonb;
  gone bigint;
begin
  if not exists (select 1 from cordon.incident as i where i.id = incident and i.status = 'closed') then
    raise exception 'incident % is not closed', incident using errcode = 'CD003';
  end if;
  select b.body::jsonb into said from cordon.timeline_body as b where b.chain = incident and b.seq = said_by;
  if said is null or said ->> 'kind' <> 'timeline.purged' then
    raise exception 'entry % of % says nothing of a purge', said_by, incident using errcode = 'CD003';
  end if;
  perform set_config('cordon.purging', incident, true);
  delete from cordon.timeline_body as b using jsonb_array_elements(said #> '{data,entries}') as r
  where b.chain = incident and b.seq < said_by and b.seq between (r ->> 0)::bigint and (r ->> 1)::bigint;
  get diagnostics gone = row_count;
  perform set_config('cordon.purging', '', true);
  delete from cordon.alert_content as c where c.incident_id = incident;
  return gone;
end $fn$;
`;
