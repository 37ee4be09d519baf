-- One row per page that was neither read nor declined, or both.
select captures.capture_id
from store.captures as captures
left join store.version_captures as version_captures on version_captures.capture_id = captures.capture_id
left join store.rejects as rejects on rejects.capture_id = captures.capture_id
where
    captures.kind = 'page'
    and (version_captures.capture_id is null) = (rejects.capture_id is null);
