-- One row per URL, and per input record without one: the state of its latest capture.
create or replace view ledger as
select * from store.int_ledger_settled;
comment on view ledger is 'One row a URL, and an input record without one: the state of its latest capture.';
comment on column ledger.url is 'The URL as received; null where the input had none.';
comment on column ledger.source_id is 'What the input calls it.';
comment on column ledger.state is 'discovered, captured, loaded, rejected, failed or gone.';
comment on column ledger.reason is 'Why it was rejected, failed or gone; null elsewhere.';
comment on column ledger.article_id is 'The article that was read; null where none was.';
