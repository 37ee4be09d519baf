-- One row per capture that was read as an article: which version it held.
create table if not exists store.version_captures (
    version_id varchar not null using compression uncompressed,
    capture_id varchar not null using compression uncompressed,
    article_id varchar not null using compression uncompressed,
    captured_at timestamptz not null,
);
comment on table store.version_captures is 'Which version each capture held; a text that comes back has two rows.';
comment on column store.version_captures.version_id is 'The version that was read.';
comment on column store.version_captures.capture_id is 'The capture it was read from.';
comment on column store.version_captures.article_id is 'The article of the version.';
comment on column store.version_captures.captured_at is 'When the capture was received.';
