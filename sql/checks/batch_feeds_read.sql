-- One row per captured feed of the batch that has not exactly one reading.
select batch_captures.capture_id
from batch_captures
left join store.feed_readings as feed_readings on feed_readings.capture_id = batch_captures.capture_id
where batch_captures.kind = 'feed'
group by batch_captures.capture_id
having count(feed_readings.capture_id) <> 1;
