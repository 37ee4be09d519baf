-- One row per typed piece of a version.
create or replace view blocks as
select
    version_id,
    block_no,
    type,
    text,
    entry_no,
from store.blocks;
comment on view blocks is 'The typed pieces of each version, in the order of the page.';
