-- One row per captured response of a feed: what it said of itself, how much of it was new.
create or replace view feed_readings as
select
    capture_id,
    feed_id,
    is_front,
    kind,
    title,
    len(entry_ids)::integer as entry_count,
    new_count,
    is_gap,
    flags,
    reason,
    detail,
    read_at,
from store.feed_readings;
comment on view feed_readings is 'One row a captured response of a feed: what it said of itself, how much of it was new.';
comment on column feed_readings.entry_count is 'Entries in it.';
