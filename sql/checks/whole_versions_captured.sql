-- One row per version without a capture, or capture of no version.
select coalesce(versions.version_id, version_captures.version_id) as version_id
from store.versions as versions
full join (select distinct version_id from store.version_captures) as version_captures
    on version_captures.version_id = versions.version_id
where versions.version_id is null or version_captures.version_id is null;
