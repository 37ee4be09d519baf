-- One row per article: the story it is in.
create or replace view story_members as
select
    story_id,
    article_id,
    parent_article_id,
    relation,
    is_founder,
from store.members;
comment on view story_members is 'Every article in exactly one story, alone or not.';
