-- One row per feed: what it is, when it is asked again, and why then.
create or replace view store.int_feeds_planned as
select
    feeds.feed_id,
    feeds.url,
    feeds.title,
    feeds.outlet,
    feeds.kind,
    feeds.site_url,
    feeds.language,
    feeds.is_listed,
    feeds.listed_at,
    feeds.removed_at,
    coalesce(poll_states.url, feeds.url) as asked_url,
    poll_states.interval_s,
    case
        when not feeds.is_listed then null
        when poll_states.feed_id is null then feeds.listed_at
        else poll_states.next_poll_at
    end as next_poll_at,
    case
        when feeds.removed_at is not null then 'taken off the list'
        when not feeds.is_listed then 'met in a file, not on the list'
        when poll_states.feed_id is null then 'never asked: due at once'
        else poll_states.why_then
    end as why_then,
    coalesce(poll_states.failures, 0) as failures,
    poll_states.polled_at,
    poll_states.changed_at,
    feeds.read_at,
    feeds.reason,
    poll_states.etag,
    poll_states.last_modified,
from store.feeds as feeds
left join store.poll_states as poll_states on poll_states.feed_id = feeds.feed_id;
