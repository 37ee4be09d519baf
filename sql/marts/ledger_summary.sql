-- One row per state and reason of the ledger; the counts add up to its rows.
create or replace view ledger_summary as
select
    state,
    reason,
    count(*)::integer as entry_count,
from store.int_ledger_settled
group by state, reason;
comment on view ledger_summary is 'One row a state and reason of the ledger; the counts add up to its rows.';
comment on column ledger_summary.state is 'State of the ledger rows counted.';
comment on column ledger_summary.reason is 'Their reason; null where the state needs none.';
comment on column ledger_summary.entry_count is 'How many ledger rows.';
