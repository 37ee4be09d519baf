-- One row per partition of a backfill: what is taken or left as a whole. Our own doings.
create table if not exists store.partitions (
    partition_id varchar not null,
    spec varchar not null,
    kind varchar not null,
    place varchar not null,
    state varchar not null,
    reason varchar,
    detail varchar,
    inputs integer,
    captures_new integer,
    captures_known integer,
    passed integer,
    failures integer,
    tries integer not null,
    size_bytes bigint not null,
    took_s double,
    started_at timestamptz,
    ended_at timestamptz,
);
comment on table store.partitions is 'Our own doings: what backfills have done, partition by partition.';
comment on column store.partitions.partition_id is 'Of its kind and place, the size and time of change of its files, and the range of time.';
comment on column store.partitions.spec is 'The argument that named it first.';
comment on column store.partitions.kind is 'warc, jsonl, parquet, folder (texts and pages), urls, sitemap, or missing.';
comment on column store.partitions.place is 'File, folder, or address with a number.';
comment on column store.partitions.state is 'waiting, running (or killed while it ran: the next start takes it again), done, failed (the next start tries it again).';
comment on column store.partitions.reason is 'Of the first input that could not be read, or why it failed; null where all went well.';
comment on column store.partitions.detail is 'What was seen.';
comment on column store.partitions.inputs is 'Texts, pages, rows and records in the range of time: captures_new, captures_known and failures together.';
comment on column store.partitions.captures_new is 'Captures that came of it, earlier tries that were killed included.';
comment on column store.partitions.captures_known is 'Inputs that were there before it began, or that it holds twice.';
comment on column store.partitions.passed is 'Inputs outside the range of time.';
comment on column store.partitions.failures is 'Inputs that could not be read.';
comment on column store.partitions.tries is 'How often it was begun.';
comment on column store.partitions.size_bytes is 'Bytes of its files.';
comment on column store.partitions.took_s is 'Seconds from the end of the partition before it in the same run, or the start, to its own.';
comment on column store.partitions.started_at is 'When it was last begun.';
comment on column store.partitions.ended_at is 'When it was done or had failed: its captures are in the warehouse.';
