-- One row per feed: what it is, when it is asked again, and why then.
create or replace view feeds as
select * from store.int_feeds_planned;
comment on view feeds is 'One row a feed: what it is, when it is asked again, and why then.';
comment on column feeds.asked_url is 'The address that is asked: as given, or where it moved for good.';
comment on column feeds.interval_s is 'Seconds of its own rhythm, as last decided; null where it was never asked.';
comment on column feeds.next_poll_at is 'When it is asked again; null: never.';
comment on column feeds.why_then is 'Why at that time.';
comment on column feeds.failures is 'Polls in a row that failed.';
comment on column feeds.polled_at is 'When it was last asked; null: never.';
comment on column feeds.changed_at is 'When it last brought an entry that was new.';
comment on column feeds.read_at is 'When a body was last received from it that was new.';
comment on column feeds.reason is 'Why that body is no feed; null where it is one.';
comment on column feeds.etag is 'Validator that is sent back.';
comment on column feeds.last_modified is 'Validator that is sent back.';
