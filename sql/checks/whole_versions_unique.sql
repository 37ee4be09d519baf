-- One row per version that is stored more than once.
select version_id from store.versions group by version_id having count(*) > 1;
