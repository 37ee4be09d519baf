-- One row per entry: its latest state, and since when it is known.
create or replace view store.int_entries_latest as
select
    *,
    min(seen_at) over (partition by entry_id) as first_seen_at,
    count(*) over (partition by entry_id) as state_count,
from store.entry_states
qualify row_number() over (partition by entry_id order by seen_at desc, rowid desc) = 1;
