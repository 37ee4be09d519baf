-- One row per state of an entry with an address whose page is not noted, or whose response was never read as a feed.
select entry_states.entry_id, entry_states.capture_id
from store.entry_states as entry_states
left join store.pages as pages on pages.page_id = entry_states.page_id
left join store.feed_readings as feed_readings on feed_readings.capture_id = entry_states.capture_id
where
    (entry_states.page_id is not null and pages.page_id is null)
    or feed_readings.capture_id is null;
