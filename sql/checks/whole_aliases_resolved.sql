-- One row per alias that leads to no story.
select story_aliases.old_story_id
from store.story_aliases as story_aliases
left join store.members as members on members.story_id = story_aliases.story_id
where members.story_id is null;
