-- One row per story id that went into another story.
create or replace view story_aliases as
select * from store.story_aliases;
comment on view story_aliases is 'Story ids that are no longer used, and the story they went into.';
