-- One row per entry of a feed: its latest words, and what came of its page.
create or replace view entries as
select
    entries.entry_id,
    entries.feed_id,
    entries.guid,
    entries.url,
    entries.title,
    entries.summary,
    entries.text,
    entries.authors,
    entries.language,
    entries.published_at,
    entries.published_date,
    entries.published_raw,
    entries.published_source,
    entries.modified_at,
    entries.dates,
    entries.flags,
    ledger.article_id,
    ledger.state as page_state,
    ledger.reason as page_reason,
    entries.first_seen_at,
    entries.seen_at as changed_at,
    entries.state_count::integer as state_count,
    entries.capture_id,
from store.int_entries_latest as entries
left join store.int_ledger_settled as ledger on ledger.url = entries.url;
comment on view entries is 'One row an entry of a feed: its latest words, and what came of its page.';
comment on column entries.feed_id is 'The feed; the same page in two feeds is two entries.';
comment on column entries.article_id is 'The article that was read from its page; null where none was.';
comment on column entries.page_state is 'State of its page in the ledger; null for an entry without an address.';
comment on column entries.page_reason is 'Why its page was not read.';
comment on column entries.first_seen_at is 'When a response first had it.';
comment on column entries.changed_at is 'When a response last said something else of it.';
comment on column entries.state_count is 'How many different states it has had.';
comment on column entries.capture_id is 'The response that said what stands here.';
