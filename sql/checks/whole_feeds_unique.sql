-- One row per feed that is stored more than once, or whose state is.
select feed_id from store.feeds group by feed_id having count(*) > 1
union all
select feed_id from store.poll_states group by feed_id having count(*) > 1;
