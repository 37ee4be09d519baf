-- One row per declined input: a page that was not read as an article, or an input that could not be read.
create table if not exists store.rejects (
    reject_id varchar not null,
    capture_id varchar,
    target_uri varchar,
    url varchar,
    source_id varchar,
    stage varchar not null,
    reason varchar not null,
    detail varchar,
);
comment on table store.rejects is 'Every declined input with its reason.';
comment on column store.rejects.reject_id is 'Of what was declined, where and why.';
comment on column store.rejects.capture_id is 'The capture that was declined; null for an input that could not be captured.';
comment on column store.rejects.target_uri is 'What the ledger knows it by.';
comment on column store.rejects.url is 'Its URL; null where it has none.';
comment on column store.rejects.source_id is 'What the input calls it.';
comment on column store.rejects.stage is 'load, gate or extract.';
comment on column store.rejects.reason is 'A short stable word that a view can count.';
comment on column store.rejects.detail is 'What was seen.';
