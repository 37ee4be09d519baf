-- One row per entry and response that had it: an entry that vanishes and comes back shows here.
create or replace view entry_sightings as
select
    unnest(entry_ids) as entry_id,
    feed_id,
    capture_id,
    read_at as seen_at,
from store.feed_readings;
comment on view entry_sightings is 'One row an entry and response that had it; responses that brought nothing new are not kept.';
comment on column entry_sightings.entry_id is 'The entry.';
comment on column entry_sightings.feed_id is 'The feed.';
comment on column entry_sightings.capture_id is 'The response.';
comment on column entry_sightings.seen_at is 'When it was received.';
