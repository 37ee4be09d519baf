-- One row per listed feed: does it answer, does it bring news, measured against its own rhythm.
create or replace view feed_health as
with

arrivals as (
    select
        feed_id,
        read_at,
        epoch(read_at) - epoch(lag(read_at) over (partition by feed_id order by read_at)) as gap_s,
    from store.feed_readings
    where is_front and new_count > 0
),

rhythms as (
    select
        feed_id,
        max(read_at) as last_new_at,
        count(*) as arrival_count,
        quantile_cont(gap_s, 0.9) as usual_gap_s,
    from arrivals
    group by feed_id
),

gaps as (
    select
        feed_id,
        count(*) as gap_count,
        max(read_at) as last_gap_at,
    from store.feed_readings
    where is_gap
    group by feed_id
),

latest as (
    select max(asked_at) as asked_at from store.polls
),

measured as (
    select
        feeds.feed_id,
        feeds.url,
        feeds.title,
        feeds.why_then,
        feeds.failures,
        feeds.polled_at,
        rhythms.last_new_at,
        rhythms.usual_gap_s,
        feeds.next_poll_at is null as is_gone,
        feeds.reason,
        greatest(
            2 * 86400,
            case when rhythms.arrival_count >= 5 then 3 * rhythms.usual_gap_s else 14 * 86400 end
        )::bigint as alarm_after_s,
        date_diff('second', rhythms.last_new_at, latest.asked_at) as silent_s,
        coalesce(gaps.gap_count, 0)::integer as gap_count,
        gaps.last_gap_at,
    from store.int_feeds_planned as feeds
    cross join latest
    left join rhythms on rhythms.feed_id = feeds.feed_id
    left join gaps on gaps.feed_id = feeds.feed_id
    where feeds.is_listed
)

select
    feed_id,
    url,
    title,
    case
        when polled_at is null and last_new_at is null then 'new'
        when is_gone then 'gone'
        when failures >= 3 or reason is not null then 'failing'
        when silent_s > alarm_after_s then 'silent'
        else 'good'
    end as state,
    polled_at,
    last_new_at,
    silent_s,
    alarm_after_s,
    usual_gap_s::bigint as usual_gap_s,
    failures,
    reason,
    gap_count,
    last_gap_at,
    why_then,
from measured;
comment on view feed_health is 'One row a listed feed: does it answer, and does it bring news as it usually does.';
comment on column feed_health.state is 'new (never asked), good, silent (longer without news than its rhythm explains), failing (three polls in a row, or its body is no feed), gone (HTTP 410).';
comment on column feed_health.last_new_at is 'When it last brought an entry that was new.';
comment on column feed_health.silent_s is 'Seconds from then to the last request of all.';
comment on column feed_health.alarm_after_s is 'Seconds of silence that are an alarm: three times its usual gap, two days at least; two weeks while its rhythm is unknown.';
comment on column feed_health.usual_gap_s is 'Seconds within which nine of ten arrivals of news follow the one before.';
comment on column feed_health.gap_count is 'How often its window had moved completely between two polls: entries may have passed unseen.';
comment on column feed_health.last_gap_at is 'When that was last so.';
