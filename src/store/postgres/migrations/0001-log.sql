-- One row per fact. Facts are added, never changed, never removed. Instants are epoch milliseconds, UTC.
-- Names are compared byte by byte (collate "C"), so that lists page alike on every server.
create table goaround.event (
  -- The writing transaction. Readers follow (xid, seq) up to the oldest transaction still running:
  -- a sequence alone shows 42 before 41 is committed, and a reader would never come back for 41.
  xid         xid8    not null default pg_current_xact_id(),
  seq         bigint  generated always as identity,
  stream      text    collate "C" not null,
  version     integer not null check (version > 0),
  type        text    not null,
  -- json and not jsonb: jsonb refuses some strings that JSON allows, such as one with \u0000.
  data        json    not null,
  recorded_at bigint  not null,
  recorded_by text    not null,
  authority   text,
  caused_by   text,
  hash        text    not null,
  primary key (xid, seq),
  -- The optimistic lock: two writers can never both add version 3.
  unique (stream, version)
);

create function goaround.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'events are never changed and never removed';
end $$;

-- `xid` may change: it is rebased when a dump was restored into another cluster.
create trigger event_is_never_changed
  before update of seq, stream, version, type, data, recorded_at, recorded_by, authority, caused_by, hash
  on goaround.event for each row execute function goaround.refuse_change();

create trigger event_is_never_removed
  before delete on goaround.event for each row execute function goaround.refuse_change();

create trigger events_are_never_removed
  before truncate on goaround.event for each statement execute function goaround.refuse_change();

-- Where each stream ends: what the next event's hash continues from, and the witness against a cut tail.
create table goaround.stream_head (
  stream   text    collate "C" primary key,
  version  integer not null,
  hash     text    not null,
  anchored integer not null default 0
);

create index stream_head_unanchored on goaround.stream_head (stream) where anchored < version;

-- A chain over the heads of all streams, written now and then.
create table goaround.anchor (
  number integer primary key,
  at     bigint  not null,
  heads  json    not null,
  hash   text    not null
);

-- Which commands were carried out, so that a repeated one has no second effect.
create table goaround.command (
  id text   collate "C" primary key,
  at bigint not null
);

create index command_age on goaround.command (at);

-- One row is queue, timer, lease and fencing epoch of one piece of work.
create table goaround.work (
  key         text    collate "C" primary key,
  run_at      bigint,
  owner       text,
  epoch       integer not null default 0,
  -- By the clock of the database, the only one that all replicas share.
  lease_until bigint  not null default 0,
  want        bigint  not null default 0,
  -- The earliest instant asked for since the present holder claimed it.
  poked_at    bigint
);

create index work_due on goaround.work (run_at) where run_at is not null;
create index work_held on goaround.work (lease_until) where owner is not null;

-- The lists that people page through.
create table goaround.list_row (
  kind    text collate "C" not null,
  id      text collate "C" not null,
  summary json not null,
  primary key (kind, id)
);

-- Small state that may be lost.
create table goaround.checkpoint (
  key   text collate "C" primary key,
  value json not null
);

-- Counts the times the log was moved to another cluster. Positions from before a move start again.
create table goaround.log_generation (
  is_one boolean primary key default true check (is_one),
  number integer not null default 1
);

insert into goaround.log_generation default values;
