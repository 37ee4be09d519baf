-- One row per capture that is stored more than once.
select capture_id from store.captures group by capture_id having count(*) > 1;
