-- One row per page that entries announced: when it was wanted, and when something came of it.
create table if not exists store.pages (
    page_id varchar not null,
    url varchar not null,
    feed_id varchar not null,
    entry_id varchar not null,
    wanted_at timestamptz not null,
    settled_at timestamptz,
);
comment on table store.pages is 'Pages that entries announced.';
comment on column store.pages.page_id is 'Of the address, normalized.';
comment on column store.pages.url is 'The address as it was first announced: the one that is asked.';
comment on column store.pages.feed_id is 'The feed that announced it first.';
comment on column store.pages.entry_id is 'The entry that announced it first.';
comment on column store.pages.wanted_at is 'When an entry last said something new of it.';
comment on column store.pages.settled_at is 'When it was last received or given up; null: not yet.';
