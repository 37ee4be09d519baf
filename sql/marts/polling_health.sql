-- One row: is polling at work, and does it bring news as a whole.
create or replace view polling_health as
with

latest as (
    select max(asked_at) as last_asked_at from store.polls
),

day as (
    select
        count(*)::integer as requests_day,
        count(*) filter (where status is null or status >= 400)::integer as failed_day,
    from store.polls
    cross join latest
    where asked_at > last_asked_at - interval 1 day and kind = 'feed'
),

news as (
    select
        max(read_at) as last_new_at,
        coalesce(sum(new_count) filter (where read_at > last_asked_at - interval 1 day), 0)::integer as entries_new_day,
    from store.feed_readings
    cross join latest
    where new_count > 0
),

states as (
    select
        count(*)::integer as feeds_listed,
        count(*) filter (where state = 'failing')::integer as feeds_failing,
        count(*) filter (where state = 'silent')::integer as feeds_silent,
        count(*) filter (where state = 'gone')::integer as feeds_gone,
    from feed_health
)

select
    last_asked_at,
    last_new_at,
    requests_day,
    failed_day,
    entries_new_day,
    feeds_listed,
    feeds_failing,
    feeds_silent,
    feeds_gone,
    coalesce(requests_day >= 5 and last_new_at < last_asked_at - interval 1 day, false) as is_silent,
from latest
cross join day
cross join news
cross join states;
comment on view polling_health is 'One row: is polling at work, and does it bring news as a whole.';
comment on column polling_health.last_asked_at is 'When the last request went.';
comment on column polling_health.last_new_at is 'When an entry was last new.';
comment on column polling_health.requests_day is 'Requests for feeds in the day before the last one.';
comment on column polling_health.failed_day is 'Those of them without an answer, or with an error.';
comment on column polling_health.entries_new_day is 'Entries that were new in that day.';
comment on column polling_health.feeds_listed is 'Feeds on the list.';
comment on column polling_health.feeds_failing is 'Feeds whose last three polls failed.';
comment on column polling_health.feeds_silent is 'Feeds that are silent for longer than their rhythm explains.';
comment on column polling_health.feeds_gone is 'Feeds that are gone.';
comment on column polling_health.is_silent is 'Running but silent: feeds were asked all day, and not one of them brought an entry that was new.';
