-- One row per article: its latest version, its story, who carries it, and between which times it was published.
create or replace view store.int_articles_latest as
with

texts as (
    select
        article_id,
        version_id,
        min(captured_at) as first_captured_at,
        max(captured_at) as last_captured_at,
    from store.version_captures
    group by article_id, version_id
),

sightings as (
    select
        article_id,
        arg_max(version_id, (last_captured_at, first_captured_at, version_id)) as version_id,
        count(*) as version_count,
        min(first_captured_at) as captured_at,
        max(last_captured_at) as last_captured_at,
    from texts
    group by article_id
),

named as (
    select
        versions.* exclude (extractor_version),
        members.story_id,
        members.is_founder,
        members.parent_article_id is null as is_root,
        coalesce(versions.outlet, known_outlets.outlet, versions.site) as carrier,
        coalesce(known_outlets.publisher, versions.outlet, known_outlets.outlet, versions.site) as publisher,
        nullif(
            regexp_extract(versions.declared_canonical_url, '^https?://(?:www\.)?([^/:?#]+)', 1),
            regexp_extract(versions.url, '^https?://(?:www\.)?([^/:?#]+)', 1)
        ) as canonical_host,
        sightings.version_count,
        sightings.captured_at,
        sightings.last_captured_at,
    from sightings
    inner join store.versions as versions on versions.version_id = sightings.version_id
    inner join store.members as members on members.article_id = sightings.article_id
    left join store.known_outlets as known_outlets on known_outlets.site = versions.site
),

bounded as (
    select
        *,
        coalesce(
            published_at,
            published_date::timestamp at time zone 'UTC' - interval 14 hours,
            '-infinity'::timestamptz
        ) as published_after,
        coalesce(
            published_at,
            published_date::timestamp at time zone 'UTC' + interval 36 hours,
            captured_at
        ) as published_before,
    from named
)

select * from bounded;
