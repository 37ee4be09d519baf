-- One row per captured response that was read as a feed, or could not be: what it said of itself.
create table if not exists store.feed_readings (
    capture_id varchar not null,
    feed_id varchar not null,
    feed_url varchar not null,
    is_front boolean not null,
    kind varchar,
    title varchar,
    site_url varchar,
    language varchar,
    entry_ids varchar[] not null,
    new_count integer,
    is_gap boolean,
    each_s bigint,
    ttl_s bigint,
    update_period_s bigint,
    skip_hours integer[] not null,
    skip_days integer[] not null,
    more_urls varchar[] not null,
    flags varchar[] not null,
    headers json not null,
    hops json not null,
    digest varchar not null,
    reason varchar,
    detail varchar,
    read_at timestamptz not null,
);
comment on table store.feed_readings is 'What each captured response said as a feed.';
comment on column store.feed_readings.capture_id is 'The capture.';
comment on column store.feed_readings.feed_id is 'The feed.';
comment on column store.feed_readings.feed_url is 'Its address as given.';
comment on column store.feed_readings.is_front is 'Whether it is the feed itself, not an archive of it or a sitemap of its index.';
comment on column store.feed_readings.kind is 'rss, rdf, atom, json or sitemap; null where it was none.';
comment on column store.feed_readings.title is 'Title of the feed.';
comment on column store.feed_readings.site_url is 'The site that it names.';
comment on column store.feed_readings.language is 'The language that it names.';
comment on column store.feed_readings.entry_ids is 'Its entries, in its order.';
comment on column store.feed_readings.new_count is 'Entries of them that had not been seen before.';
comment on column store.feed_readings.is_gap is 'Whether all of them were new though the feed had been read before: some may have passed unseen.';
comment on column store.feed_readings.each_s is 'Seconds between two of its entries, as they are dated.';
comment on column store.feed_readings.ttl_s is 'Seconds for which it asks not to be asked again.';
comment on column store.feed_readings.update_period_s is 'Seconds between its updates, as it says.';
comment on column store.feed_readings.skip_hours is 'Hours of the day, UTC, in which it asks not to be asked.';
comment on column store.feed_readings.skip_days is 'Days on which it asks not to be asked, 0 Monday.';
comment on column store.feed_readings.more_urls is 'Where more of it stands: its next page or archive, or the sitemaps of an index.';
comment on column store.feed_readings.flags is 'What was odd about it.';
comment on column store.feed_readings.headers is 'Header fields that say when to ask again.';
comment on column store.feed_readings.hops is 'Every request on the way: address and status.';
comment on column store.feed_readings.digest is 'Digest of the body as received.';
comment on column store.feed_readings.reason is 'Why it is no feed; null where it is one.';
comment on column store.feed_readings.detail is 'What was seen.';
comment on column store.feed_readings.read_at is 'When it was received.';
