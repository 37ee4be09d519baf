-- One row per article: the story it is in.
create table if not exists store.members (
    story_id varchar not null,
    article_id varchar not null,
    parent_article_id varchar,
    relation varchar,
    is_founder boolean not null,
);
comment on table store.members is 'Every article in exactly one story, alone or not.';
comment on column store.members.story_id is 'The story: the article id of its first founder.';
comment on column store.members.article_id is 'The article.';
comment on column store.members.parent_article_id is 'The article through which it joined; null for the founder.';
comment on column store.members.relation is 'Relation of the match through which it joined; null for the founder.';
comment on column store.members.is_founder is 'Whether it founded the story.';
