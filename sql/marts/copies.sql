-- One row per article that carries another's report: whose, how much of it, and how much later.
create or replace view copies as
with

articles as (
    select * from store.int_articles_latest
),

merging as (
    select * from store.matches where is_merging
),

sides as (
    select article_b as article_id, article_a as other_id, true as is_later, * from merging
    union all
    select article_a as article_id, article_b as other_id, false as is_later, * from merging
),

candidates as (
    select
        articles.story_id,
        sides.article_id,
        sides.other_id,
        sides.relation,
        sides.share_of_a,
        sides.share_of_b,
        sides.version_a,
        sides.version_b,
        sides.is_later,
        sides.is_later and sides.is_ordered as is_copy,
        articles.is_root,
        bool_or(sides.is_ordered) over (partition by sides.article_id) as is_placed,
        row_number() over (
            partition by sides.article_id
            order by
                sides.is_later and sides.is_ordered desc,
                case when sides.is_later then sides.share_of_b else sides.share_of_a end desc,
                other_articles.published_before,
                sides.other_id,
                sides.version_a,
                sides.version_b
        ) as place,
    from sides
    inner join articles on articles.article_id = sides.article_id
    inner join articles as other_articles
        on other_articles.article_id = sides.other_id
        and other_articles.story_id = articles.story_id
),

copies as (
    select
        candidates.story_id,
        candidates.article_id,
        case when candidates.is_copy then candidates.other_id end as copied_from_article_id,
        case when candidates.is_later then candidates.version_b else candidates.version_a end as version_id,
        case when candidates.is_later then candidates.version_a else candidates.version_b end as other_version_id,
        articles.carrier as outlet,
        case when candidates.is_copy then originals.carrier end as copied_from_outlet,
        candidates.relation,
        case when candidates.is_later then candidates.share_of_a else candidates.share_of_b end as kept_share,
        1 - case when candidates.is_later then candidates.share_of_b else candidates.share_of_a end as added_share,
        articles.agency is not null
            or articles.republished_from is not null
            or articles.canonical_host is not null as credit_given,
        candidates.is_copy as is_ordered,
        case
            when candidates.is_copy
                then date_diff('second', originals.published_at, articles.published_at)
        end as lag_s,
    from candidates
    inner join articles on articles.article_id = candidates.article_id
    inner join articles as originals on originals.article_id = candidates.other_id
    where
        candidates.place = 1
        and (candidates.is_copy or (not candidates.is_placed and not candidates.is_root))
)

select * from copies;
comment on view copies is 'One row an article that carries another''s report.';
comment on column copies.story_id is 'The story.';
comment on column copies.article_id is 'The article that carries it.';
comment on column copies.version_id is 'The version of it that was compared: of all pairs the one with most of its own text.';
comment on column copies.other_version_id is 'The version that it was compared with.';
comment on column copies.outlet is 'Its outlet, else its site.';
comment on column copies.copied_from_outlet is 'Outlet, else site, of the article copied from; null where order is unknown.';
comment on column copies.copied_from_article_id is 'The article it has most of its own text from; null where order is unknown.';
comment on column copies.relation is 'What it is to that article.';
comment on column copies.kept_share is 'Share of the other text, title included, that is found in it, 0..1: of this pair of versions.';
comment on column copies.added_share is 'Share of its own text, title included, that the other has not, 0..1.';
comment on column copies.credit_given is 'Whether it credits somebody: an agency (dateline, byline, credit or contributor line), a "first published by" line, or a canonical URL on another host. A mention in prose is no credit.';
comment on column copies.lag_s is 'Seconds after that article; null unless both times of publication are known.';
comment on column copies.is_ordered is 'Whether it is known to be the later one; else it may be the original.';
