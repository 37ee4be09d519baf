-- One row per state of an entry: what a feed said of it first, and whenever it said something else.
create table if not exists store.entry_states (
    entry_id varchar not null using compression uncompressed,
    feed_id varchar not null,
    capture_id varchar not null,
    digest varchar not null,
    guid varchar,
    url varchar,
    page_id varchar,
    title varchar,
    summary varchar,
    text varchar,
    authors varchar[] not null,
    language varchar,
    published_at timestamptz,
    published_date date,
    published_raw varchar,
    published_source varchar,
    modified_at timestamptz,
    dates json not null,
    flags varchar[] not null,
    seen_at timestamptz not null,
);
comment on table store.entry_states is 'Each state of an entry: what its feed said of it, and whenever it said something else.';
comment on column store.entry_states.entry_id is 'Of the feed and the address, else the GUID, else the words.';
comment on column store.entry_states.feed_id is 'The feed.';
comment on column store.entry_states.capture_id is 'The response that said it first.';
comment on column store.entry_states.digest is 'Of what it says: address, title, words, time of modification.';
comment on column store.entry_states.guid is 'GUID as given.';
comment on column store.entry_states.url is 'Address, absolute, as given.';
comment on column store.entry_states.page_id is 'Of the address, normalized: entries of one page have the same; null without an address.';
comment on column store.entry_states.title is 'Title as plain text.';
comment on column store.entry_states.summary is 'Summary as plain text.';
comment on column store.entry_states.text is 'The longest text that the feed carries of it, as plain text: evidence where its page cannot be had.';
comment on column store.entry_states.authors is 'Names as given.';
comment on column store.entry_states.language is 'Language as given.';
comment on column store.entry_states.published_at is 'When it was published; null if only a day is known, or nothing that can be trusted.';
comment on column store.entry_states.published_date is 'The day, in the zone of the date as given.';
comment on column store.entry_states.published_raw is 'The date as it stands there.';
comment on column store.entry_states.published_source is 'The element that it stands in.';
comment on column store.entry_states.modified_at is 'When it was modified, as it says.';
comment on column store.entry_states.dates is 'Every date that it gives: source, raw, at, precision.';
comment on column store.entry_states.flags is 'What was odd about it.';
comment on column store.entry_states.seen_at is 'When the response was received.';
