-- One row per batch: a run of records of one segment, drained in one transaction.
create table if not exists store.batches (
    batch_id varchar not null,
    state varchar not null,
    detail varchar,
    segment_no integer not null,
    first_record integer not null,
    record_count integer not null,
    captures_new integer not null,
    articles_new integer not null,
    versions_new integer not null,
    stories_new integer not null,
    copies_new integer not null,
    rejected integer not null,
    is_last boolean not null,
    drained_at timestamptz not null,
);
alter table store.batches add column if not exists entries_new integer default 0;
comment on table store.batches is 'Our own doings: what has been drained, in order.';
comment on column store.batches.batch_id is 'Segment number and first record.';
comment on column store.batches.state is 'drained, or failed: rolled back and kept in inbox/failed.';
comment on column store.batches.detail is 'Why it failed.';
comment on column store.batches.segment_no is 'The segment.';
comment on column store.batches.first_record is 'Its first record, from 0.';
comment on column store.batches.record_count is 'How many records of the segment.';
comment on column store.batches.captures_new is 'Captures that were new.';
comment on column store.batches.articles_new is 'Articles that were new.';
comment on column store.batches.versions_new is 'Versions that were new.';
comment on column store.batches.stories_new is 'Stories founded.';
comment on column store.batches.copies_new is 'Articles that joined a story.';
comment on column store.batches.rejected is 'Pages that were not read as articles.';
comment on column store.batches.is_last is 'Whether the segment ends with it.';
comment on column store.batches.drained_at is 'When it was drained.';
comment on column store.batches.entries_new is 'Entries of feeds that were new.';
