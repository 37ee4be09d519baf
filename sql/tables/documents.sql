-- One row per version in the index of copies, in the order in which they were linked.
create table if not exists store.documents (
    document_no integer not null,
    version_id varchar not null,
    article_id varchar not null,
    outlet varchar,
    body_blocks integer[],
    is_dated boolean not null,
    is_day_known boolean not null,
    compared_at timestamptz not null,
);
comment on table store.documents is 'What the index of copies knows of each version.';
comment on column store.documents.document_no is 'Order in which versions were linked, from 1.';
comment on column store.documents.version_id is 'The version.';
comment on column store.documents.article_id is 'Its article.';
comment on column store.documents.outlet is 'Outlet, else site.';
comment on column store.documents.body_blocks is 'Block number of each paragraph of versions.text.';
comment on column store.documents.is_dated is 'Whether the instant of publication is known.';
comment on column store.documents.is_day_known is 'Whether at least its day is; else compared_at is the capture, and it may be older.';
comment on column store.documents.compared_at is 'When it was published, else captured.';
