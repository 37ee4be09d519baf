-- One row per capture that was read as an article: which version it held.
create or replace view version_captures as
select
    version_id,
    capture_id,
from store.version_captures;
comment on view version_captures is 'Which version each capture held; a text that comes back has two rows.';
