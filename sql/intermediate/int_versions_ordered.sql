-- One row per version: its place among the versions of its article, by capture time.
create or replace view store.int_versions_ordered as
with

sightings as (
    select
        article_id,
        version_id,
        min(captured_at) as first_captured_at,
        max(captured_at) as last_captured_at,
    from store.version_captures
    group by article_id, version_id
),

ordered as (
    select
        article_id,
        version_id,
        lag(version_id) over by_first as previous_version_id,
        row_number() over by_first as version_no,
        count(*) over (partition by article_id) as version_count,
        row_number() over by_last = 1 as is_latest,
        first_captured_at,
        last_captured_at,
        min(first_captured_at) over (partition by article_id) as article_captured_at,
    from sightings
    window
        by_first as (partition by article_id order by first_captured_at, version_id),
        by_last as (partition by article_id order by last_captured_at desc, first_captured_at desc, version_id desc)
)

select * from ordered;
