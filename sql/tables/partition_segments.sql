-- One row per raw segment that a partition of a backfill filled. Our own doings.
create table if not exists store.partition_segments (
    segment_no integer not null,
    partition_id varchar not null,
);
comment on table store.partition_segments is 'Our own doings: which segment holds captures of which partition.';
comment on column store.partition_segments.segment_no is 'The segment.';
comment on column store.partition_segments.partition_id is 'The partition that filled it.';
