-- One row per article that is not in exactly one story.
select versions.article_id
from (select distinct article_id from store.versions) as versions
full join store.members as members on members.article_id = versions.article_id
group by versions.article_id
having count(members.story_id) <> 1 or versions.article_id is null;
