-- One row per version of an article, with what changed since the one before.
create or replace view versions as
with

versions as (
    select * from store.versions
),

ordered as (
    select * from store.int_versions_ordered
),

members as (
    select * from store.members
),

edits as (
    select * from store.edits
),

joined as (
    select
        versions.article_id,
        members.story_id,
        versions.version_id,
        versions.source_id,
        versions.url,
        versions.declared_canonical_url,
        versions.site,
        versions.outlet,
        versions.title,
        versions.dek,
        versions.authors,
        versions.agency,
        versions.agency_evidence,
        versions.dateline_place,
        versions.dateline_date,
        versions.republished_from,
        versions.contributors,
        versions.language,
        versions.text,
        ordered.previous_version_id,
        versions.extractor_version,
        edits.edit_class,
        versions.word_count,
        ordered.version_count::integer as version_count,
        ordered.version_no::integer as version_no,
        edits.words_added,
        edits.words_removed,
        versions.is_live_blog,
        ordered.is_latest,
        versions.published_at,
        versions.published_date,
        versions.published_raw,
        versions.published_source,
        versions.modified_at,
        ordered.first_captured_at as captured_at,
    from versions
    inner join ordered on ordered.version_id = versions.version_id
    inner join members on members.article_id = versions.article_id
    left join edits
        on edits.version_id = ordered.version_id
        and edits.previous_version_id = ordered.previous_version_id
)

select * from joined;
comment on view versions is 'One row a version: one text of one article, and what changed since the one before.';
comment on column versions.story_id is 'The story its article is in.';
comment on column versions.version_count is 'How many versions of its article were seen.';
comment on column versions.version_no is 'Its place among the versions of its article by first capture, from 1.';
comment on column versions.previous_version_id is 'The version before it; null for the first.';
comment on column versions.is_latest is 'Whether the latest capture of the article held it.';
comment on column versions.captured_at is 'When it was first captured.';
comment on column versions.edit_class is 'What kind of change since the version before: punctuation, title_only, reordered, replacement, minor (ten words or fewer), addition, cut or revision; null for the first.';
comment on column versions.words_added is 'Words that came, title included; a lone word between two changes counts as changed.';
comment on column versions.words_removed is 'Words of the version before that went, counted likewise.';
