-- One row per page of the batch that was neither read nor declined, or both.
select batch_captures.capture_id
from batch_captures
left join store.version_captures as version_captures
    on version_captures.capture_id = batch_captures.capture_id
left join store.rejects as rejects on rejects.capture_id = batch_captures.capture_id
where
    batch_captures.kind = 'page'
    and (version_captures.capture_id is null) = (rejects.capture_id is null);
