-- One row per story id that went into another story.
create table if not exists store.story_aliases (
    old_story_id varchar not null,
    story_id varchar not null,
);
comment on table store.story_aliases is 'Story ids that are no longer used, and the story they went into.';
comment on column store.story_aliases.old_story_id is 'The id that is no longer used.';
comment on column store.story_aliases.story_id is 'The story that took it in.';
