-- One row per URL, captured or announced, and per input record without one: the state of its latest capture.
create or replace view store.int_ledger_settled as
with

captured as (
    select
        coalesce(captures.url, captures.target_uri) as entry,
        captures.url,
        captures.source_id,
        case
            when version_captures.capture_id is not null then 'loaded'
            when rejects.reason = 'http_error' and captures.http_status in (404, 410) then 'gone'
            when rejects.capture_id is not null then 'rejected'
            else 'captured'
        end as state,
        rejects.reason,
        version_captures.article_id,
        captures.captured_at,
        captures.segment_no,
        captures.record_no,
    from store.captures as captures
    left join store.version_captures as version_captures on version_captures.capture_id = captures.capture_id
    left join store.rejects as rejects on rejects.capture_id = captures.capture_id
),

declined as (
    select
        coalesce(url, target_uri) as entry,
        url,
        source_id,
        case when stage = 'fetch' and reason <> 'robots' then 'failed' else 'rejected' end as state,
        reason,
        null::varchar as article_id,
        null::timestamptz as captured_at,
        null::integer as segment_no,
        null::integer as record_no,
    from store.rejects
    where capture_id is null
),

entries as (
    select * from captured
    union all
    select * from declined
),

latest as (
    select
        url,
        source_id,
        state,
        reason,
        article_id,
    from entries
    qualify
        row_number() over (
            partition by entry
            order by captured_at desc nulls last, segment_no desc, record_no desc, reason
        ) = 1
),

spellings as (
    select distinct url, page_id
    from store.entry_states
    where page_id is not null
),

announced as (
    select
        spellings.url,
        null::varchar as source_id,
        coalesce(page.state, 'discovered') as state,
        page.reason,
        page.article_id,
    from spellings
    inner join store.pages as pages on pages.page_id = spellings.page_id
    left join latest as page on page.url = pages.url
    where spellings.url not in (select url from latest where url is not null)
),

settled as (
    select * from latest
    union all
    select * from announced
)

select * from settled;
