-- One row per capture: one payload as it was received. The payload itself lies in raw.
create table if not exists store.captures (
    capture_id varchar not null using compression uncompressed,
    kind varchar not null,
    url varchar,
    final_url varchar,
    target_uri varchar not null,
    source_id varchar,
    outlet varchar,
    media_type varchar,
    http_status integer,
    body_bytes bigint not null,
    digest varchar not null,
    segment varchar not null,
    segment_no integer not null,
    record_no integer not null,
    segment_offset bigint,
    is_time_given boolean not null,
    extra json,
    captured_at timestamptz not null,
);
comment on table store.captures is 'One payload as it was received; the payload lies in raw.';
comment on column store.captures.capture_id is 'Of target URI, payload digest and capture time.';
comment on column store.captures.kind is 'page, feed, sitemap or robots; only pages are ingested.';
comment on column store.captures.url is 'The address asked for; null where the input had none.';
comment on column store.captures.final_url is 'The address that answered, after redirects; null where unknown.';
comment on column store.captures.target_uri is 'The WARC target: the URL, else urn:copydesk: and a hash of outlet and id or of the payload.';
comment on column store.captures.source_id is 'What the input calls it: its id, path#line, WARC record id, or path below the argument.';
comment on column store.captures.outlet is 'Outlet as given with the input; null where none was.';
comment on column store.captures.media_type is 'Media type as declared, without parameters.';
comment on column store.captures.http_status is 'HTTP status; null where there was no HTTP.';
comment on column store.captures.body_bytes is 'Bytes of the payload as it lies in raw.';
comment on column store.captures.digest is 'sha256: and 64 hex digits over the payload as it lies in raw.';
comment on column store.captures.segment is 'WARC file that holds it: relative to the home, absolute only for --in-place.';
comment on column store.captures.segment_no is 'Number of the segment: the order of ingest.';
comment on column store.captures.record_no is 'Which input record of the segment, from 0.';
comment on column store.captures.segment_offset is 'Byte of the segment at which its record starts; null where records share one gzip member.';
comment on column store.captures.is_time_given is 'Whether the input gave the capture time; else it is our clock.';
comment on column store.captures.extra is 'Fields of the input that Copydesk does not know, as JSON.';
comment on column store.captures.captured_at is 'When the payload was received.';
