-- One row per partition of a backfill.
create or replace view partitions as
select * from store.partitions;
comment on view partitions is 'Our own doings: what backfills have done, partition by partition, and what waits.';
