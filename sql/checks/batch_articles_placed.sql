-- One row per article of the batch that is not in exactly one story.
select batch_versions.article_id
from (select distinct article_id from batch_versions) as batch_versions
left join store.members as members on members.article_id = batch_versions.article_id
group by batch_versions.article_id
having count(members.story_id) <> 1;
