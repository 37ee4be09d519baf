-- One row per article: the story it is in.
create table if not exists store.members (
    story_id varchar not null using compression uncompressed,
    article_id varchar not null using compression uncompressed,
    parent_article_id varchar,
    relation varchar,
    parent_share double not null,
    founded_no integer not null,
    is_founder boolean not null,
    compared_at timestamptz not null,
);
comment on table store.members is 'Every article in exactly one story, alone or not.';
comment on column store.members.story_id is 'The story: the article id of its first founder.';
comment on column store.members.article_id is 'The article.';
comment on column store.members.parent_article_id is 'The article that it has most of its text from, the earlier one where order is known; null for the root of the story.';
comment on column store.members.relation is 'What it is to that article; null for the root.';
comment on column store.members.parent_share is 'Share of its own text that the parent holds; 0 for the root.';
comment on column store.members.founded_no is 'Order in which articles were first linked.';
comment on column store.members.is_founder is 'Whether its id is the story''s: it founded it first.';
comment on column store.members.compared_at is 'When it was published, else captured.';
