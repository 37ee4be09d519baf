-- One row per feed: on the list, once on it, or met in a file.
create table if not exists store.feeds (
    feed_id varchar not null,
    url varchar not null,
    outlet varchar,
    is_listed boolean not null,
    listed_at timestamptz,
    removed_at timestamptz,
    kind varchar,
    title varchar,
    site_url varchar,
    language varchar,
    digest varchar,
    reason varchar,
    read_at timestamptz,
);
comment on table store.feeds is 'Feeds: those on the list, those taken off it, and those met in files.';
comment on column store.feeds.feed_id is 'Of the URL, exactly as given.';
comment on column store.feeds.url is 'Address as given.';
comment on column store.feeds.outlet is 'Outlet of all that it announces, as a person gave it; null where nobody did.';
comment on column store.feeds.is_listed is 'Whether it is polled: on the list, and not taken off again.';
comment on column store.feeds.listed_at is 'When it was put on the list.';
comment on column store.feeds.removed_at is 'When it was taken off the list.';
comment on column store.feeds.kind is 'rss, rdf, atom, json or sitemap, as last read.';
comment on column store.feeds.title is 'Its title, as last read; before that as a person gave it.';
comment on column store.feeds.site_url is 'The site that it names, as last read.';
comment on column store.feeds.language is 'The language that it names, as last read.';
comment on column store.feeds.digest is 'Digest of its last response that brought a body; null where none was read.';
comment on column store.feeds.reason is 'Why that response is no feed; null where it is one.';
comment on column store.feeds.read_at is 'When that response was received.';
