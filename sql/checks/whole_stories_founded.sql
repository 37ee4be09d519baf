-- One row per story that has not exactly one founder.
select story_id from store.members group by story_id having count(*) filter (where is_founder) <> 1;
