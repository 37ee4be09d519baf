-- One row per capture: one payload as it was received.
create or replace view captures as
select
    capture_id,
    kind,
    url,
    final_url,
    source_id,
    outlet,
    media_type,
    http_status,
    body_bytes,
    digest,
    segment,
    segment_offset,
    extra,
    captured_at,
from store.captures;
comment on view captures is 'One payload as it was received; the payload lies in raw.';
