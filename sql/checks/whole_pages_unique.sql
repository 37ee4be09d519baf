-- One row per announced page that is stored more than once.
select page_id from store.pages group by page_id having count(*) > 1;
