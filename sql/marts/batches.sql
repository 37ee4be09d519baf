-- One row per batch: our own doings, in order.
create or replace view batches as
select * from store.batches;
comment on view batches is 'Our own doings: what has been drained, in order.';
