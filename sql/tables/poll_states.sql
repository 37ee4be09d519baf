-- One row per feed that was asked for: what is kept between two polls. Our own doings.
create table if not exists store.poll_states (
    feed_id varchar not null,
    url varchar not null,
    etag varchar,
    last_modified varchar,
    validated_since timestamptz,
    moved_to varchar,
    moved_count integer not null,
    failures integer not null,
    interval_s integer not null,
    polled_at timestamptz,
    changed_at timestamptz,
    window_sizes integer[] not null,
    new_counts integer[] not null,
    ttl_s bigint,
    update_period_s bigint,
    skip_hours integer[] not null,
    skip_days integer[] not null,
    next_poll_at timestamptz,
    not_before timestamptz,
    why_then varchar not null,
);
comment on table store.poll_states is 'Our own doings: what is kept of a feed between two polls.';
comment on column store.poll_states.feed_id is 'The feed.';
comment on column store.poll_states.url is 'The address that is asked: as given, or where a redirect led for good.';
comment on column store.poll_states.etag is 'Validator, as last received.';
comment on column store.poll_states.last_modified is 'Validator, as last received.';
comment on column store.poll_states.validated_since is 'Since when its answers "unchanged" are believed; after 8 days it is asked without validators.';
comment on column store.poll_states.moved_to is 'Where a permanent redirect leads that is not yet saved.';
comment on column store.poll_states.moved_count is 'How many polls in a row it led there.';
comment on column store.poll_states.failures is 'Polls in a row that failed.';
comment on column store.poll_states.interval_s is 'Seconds of its own rhythm, as last decided.';
comment on column store.poll_states.polled_at is 'When it was last asked.';
comment on column store.poll_states.changed_at is 'When it last brought an entry that was new.';
comment on column store.poll_states.window_sizes is 'Entries of its last polls, the newest last.';
comment on column store.poll_states.new_counts is 'Entries of them that were new.';
comment on column store.poll_states.ttl_s is 'Seconds for which it asks not to be asked again.';
comment on column store.poll_states.update_period_s is 'Seconds between its updates, as it says.';
comment on column store.poll_states.skip_hours is 'Hours of the day, UTC, in which it is not asked.';
comment on column store.poll_states.skip_days is 'Days on which it is not asked, 0 Monday.';
comment on column store.poll_states.next_poll_at is 'When it is asked again; null: never, it is gone.';
comment on column store.poll_states.not_before is 'Before which it is not asked, whoever wants it.';
comment on column store.poll_states.why_then is 'Why at that time.';
