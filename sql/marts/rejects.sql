-- One row per declined input, with its reason.
create or replace view rejects as
select
    capture_id,
    url,
    source_id,
    stage,
    reason,
    detail,
from store.rejects;
comment on view rejects is 'Every declined input with its reason.';
