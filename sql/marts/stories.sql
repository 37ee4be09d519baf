-- One row per story: one report and everybody who carries it.
create or replace view stories as
with

reports as (
    select
        *,
        row_number() over (partition by story_id order by published_before, published_after, article_id) as place,
    from store.int_articles_latest
),

counted as (
    select
        story_id,
        arg_min(article_id, place) as earliest_article_id,
        arg_min(title, place) as earliest_title,
        arg_min(carrier, place) as earliest_carrier,
        any_value(title) filter (where is_root) as root_title,
        arg_min(agency, place) filter (where agency is not null) as agency,
        arg_min(agency_evidence, place) filter (where agency is not null) as agency_evidence,
        arg_min(republished_from, place) filter (where republished_from is not null) as republished_from,
        arg_min(canonical_host, place) filter (where canonical_host is not null) as canonical_host,
        count(*) as article_count,
        count(distinct carrier) as outlet_count,
        count(distinct publisher) as publisher_count,
        count(*) = 1
            or min(published_before) filter (where place = 1) < min(published_after) filter (where place > 1)
            as is_first_known,
        min(published_at) as first_published_at,
        min(captured_at) as first_seen_at,
        max(last_captured_at) as last_seen_at,
    from reports
    group by story_id
),

stories as (
    select
        story_id,
        null::varchar as event_id,
        coalesce(case when is_first_known then earliest_title end, root_title, earliest_title) as title,
        case when is_first_known then earliest_article_id end as first_report_article_id,
        coalesce(
            agency,
            republished_from,
            canonical_host,
            case when is_first_known then earliest_carrier end
        ) as origin,
        case
            when agency is not null then agency_evidence
            when republished_from is not null then 'republication_credit'
            when canonical_host is not null then 'canonical_url'
            when is_first_known and earliest_carrier is not null and article_count > 1 then 'first_published'
            when is_first_known and earliest_carrier is not null then 'only_report'
        end as origin_evidence,
        article_count::integer as article_count,
        outlet_count::integer as outlet_count,
        publisher_count::integer as publisher_count,
        first_published_at,
        first_seen_at,
        last_seen_at,
    from counted
)

select * from stories;
comment on view stories is 'One row a story: one report and everybody who carries it.';
comment on column stories.story_id is 'The article id of its first founder; never minted anew.';
comment on column stories.event_id is 'The event it reports; null until events are linked.';
comment on column stories.title is 'Title of the first report, else of the article that the others hang on.';
comment on column stories.first_report_article_id is 'The report that was first; null where times do not decide.';
comment on column stories.origin is 'Who it comes from: an agency or outlet; null where nothing says so.';
comment on column stories.origin_evidence is 'What says so: the agency''s evidence, republication_credit, canonical_url, first_published, only_report.';
comment on column stories.article_count is 'Articles that carry it.';
comment on column stories.outlet_count is 'Known outlets that carry it, each once.';
comment on column stories.publisher_count is 'Publishers that carry it: editions of one publisher count once, an outlet without a known publisher is its own.';
comment on column stories.first_published_at is 'Earliest known time of publication.';
comment on column stories.first_seen_at is 'When the first of its articles was captured.';
comment on column stories.last_seen_at is 'When one of its articles was last captured.';
