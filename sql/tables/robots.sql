-- One row per origin whose robots.txt was asked for. Our own doings.
create table if not exists store.robots (
    origin varchar not null,
    access varchar not null,
    lines varchar not null,
    crawl_delay_s double not null,
    why varchar not null,
    expires_at timestamptz not null,
);
comment on table store.robots is 'Our own doings: what the robots.txt of an origin lets us do.';
comment on column store.robots.origin is 'Scheme, host and port.';
comment on column store.robots.access is 'rules, all or none.';
comment on column store.robots.lines is 'The lines that concern us.';
comment on column store.robots.crawl_delay_s is 'Seconds that it asks for between two requests.';
comment on column store.robots.why is 'What it follows from.';
comment on column store.robots.expires_at is 'When it has to be asked for again.';
