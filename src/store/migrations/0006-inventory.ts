/**
 * The cached picture of each enrolled account and Region, and of each function what an alert needs at once: its
 * roles, and how many others are on them. Who refreshes a place holds its lease.
 */
export const sql = `
create table cordon.inventory (
  account text not null,
  region text not null,
  taken_at timestamptz,
  picture jsonb,
  lease_by text,
  lease_until timestamptz,
  primary key (account, region),
  check ((taken_at is null) = (picture is null))
);

create table cordon.inventory_function (
  function_arn text primary key,
  account text not null,
  region text not null,
  roles text[] not null,
  shared_with int not null check (shared_with >= -1),
  taken_at timestamptz not null,
  foreign key (account, region) references cordon.inventory (account, region) on delete cascade
);
create index inventory_function_place on cordon.inventory_function (account, region);
`;
