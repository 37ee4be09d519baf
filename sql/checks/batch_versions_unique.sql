-- One row per version of the batch that is stored more than once, or never.
select batch_versions.version_id
from (select distinct version_id from batch_versions) as batch_versions
left join store.versions as versions on versions.version_id = batch_versions.version_id
group by batch_versions.version_id
having count(versions.version_id) <> 1;
