-- One row per article: its latest version.
create or replace view articles as
select
    article_id,
    story_id,
    version_id,
    source_id,
    url,
    declared_canonical_url,
    site,
    outlet,
    title,
    dek,
    authors,
    agency,
    agency_evidence,
    dateline_place,
    dateline_date,
    republished_from,
    contributors,
    language,
    text,
    word_count,
    version_count::integer as version_count,
    is_live_blog,
    published_at,
    published_date,
    published_raw,
    published_source,
    modified_at,
    captured_at,
from store.int_articles_latest;
comment on view articles is 'One row an article: its latest version.';
comment on column articles.story_id is 'The story it is in.';
comment on column articles.version_count is 'How many versions of it were seen.';
comment on column articles.captured_at is 'When it was first captured.';
