-- One row per match whose versions are not both stored.
select matches.version_a, matches.version_b
from store.matches as matches
left join store.versions as versions_a on versions_a.version_id = matches.version_a
left join store.versions as versions_b on versions_b.version_id = matches.version_b
where versions_a.version_id is null or versions_b.version_id is null;
