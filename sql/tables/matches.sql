-- One row per compared pair of versions that said something; reads from b to a.
create table if not exists store.matches (
    version_a varchar not null,
    version_b varchar not null,
    article_a varchar not null,
    article_b varchar not null,
    relation varchar not null,
    rule varchar not null,
    is_merging boolean not null,
    is_ordered boolean not null,
    share_of_a double not null,
    share_of_b double not null,
    anchor_share double,
    unquoted_words integer not null,
    passages struct(block_a integer, from_a integer, to_a integer, block_b integer, from_b integer, to_b integer)[],
);
comment on table store.matches is 'Every compared pair of versions that said something. Reads from b to a: b is a copy of a.';
comment on column store.matches.version_a is 'The earlier version; the smaller article id where order is unknown.';
comment on column store.matches.version_b is 'The later version.';
comment on column store.matches.article_a is 'Article of version_a.';
comment on column store.matches.article_b is 'Article of version_b.';
comment on column store.matches.relation is 'identical, copy, variant, excerpt_of, contains, rewrite; passage, quotes_only, boilerplate never merge.';
comment on column store.matches.rule is 'The rule that decided.';
comment on column store.matches.is_merging is 'Whether this match alone would join both in one story.';
comment on column store.matches.is_ordered is 'Whether the order is known: both published_at known, or two days apart.';
comment on column store.matches.share_of_a is 'Share of a found in b, 0..1.';
comment on column store.matches.share_of_b is 'Share of b found in a, 0..1.';
comment on column store.matches.anchor_share is 'Share of names and numbers near matched text that the other text has too; null without any.';
comment on column store.matches.unquoted_words is 'Matched words that are quoted in neither text.';
comment on column store.matches.passages is 'Proof: characters [from, to) of a block in each version.';
