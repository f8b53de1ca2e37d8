-- One row per fact. Facts are added, never changed, never removed. Instants are epoch milliseconds, UTC.
create table event (
  -- Writers take turns in SQLite, so this is the order of commits and a reader can follow it.
  seq         integer primary key autoincrement,
  stream      text    not null,
  version     integer not null check (version > 0),
  type        text    not null,
  data        text    not null check (json_valid(data)),
  recorded_at integer not null,
  recorded_by text    not null,
  authority   text,
  caused_by   text,
  hash        text    not null,
  -- The optimistic lock: two writers can never both add version 3.
  unique (stream, version)
) strict;

create trigger event_is_never_changed before update on event
begin select raise(abort, 'events are never changed'); end;

create trigger event_is_never_removed before delete on event
begin select raise(abort, 'events are never removed'); end;

-- Where each stream ends: what the next event's hash continues from, and the witness against a cut tail.
create table stream_head (
  stream   text    primary key,
  version  integer not null,
  hash     text    not null,
  anchored integer not null default 0
) strict, without rowid;

create index stream_head_unanchored on stream_head (stream) where anchored < version;

-- A chain over the heads of all streams, written now and then.
create table anchor (
  number integer primary key,
  at     integer not null,
  heads  text    not null check (json_valid(heads)),
  hash   text    not null
) strict;

-- Which commands were carried out, so that a repeated one has no second effect.
create table command (
  id text    primary key,
  at integer not null
) strict, without rowid;

create index command_age on command (at);

-- One row is queue, timer, lease and fencing epoch of one piece of work.
create table work (
  key         text    primary key,
  run_at      integer,
  owner       text,
  epoch       integer not null default 0,
  lease_until integer not null default 0,
  want        integer not null default 0,
  -- The earliest instant asked for since the present holder claimed it.
  poked_at    integer
) strict, without rowid;

create index work_due on work (run_at) where run_at is not null;
create index work_held on work (lease_until) where owner is not null;

-- The lists that people page through.
create table list_row (
  kind    text not null,
  id      text not null,
  summary text not null check (json_valid(summary)),
  primary key (kind, id)
) strict, without rowid;

-- Small state that may be lost.
create table checkpoint (
  key   text primary key,
  value text not null
) strict, without rowid;
