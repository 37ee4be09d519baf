-- One row per state of an entry: what its feed said of it, and whenever it said something else.
create or replace view entry_states as
select * exclude (page_id, digest)
from store.entry_states;
comment on view entry_states is 'One row a state of an entry: what its feed said of it, and whenever it said something else.';
