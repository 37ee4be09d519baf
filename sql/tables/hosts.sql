-- One row per host that was asked for something: its budget. Our own doings.
create table if not exists store.hosts (
    host varchar not null,
    sent_at timestamptz,
    closed_until timestamptz,
    refusals integer not null,
);
comment on table store.hosts is 'Our own doings: what is kept of a host between two requests, for feeds, pages and robots.txt together.';
comment on column store.hosts.host is 'Registrable domain, or the address that a URL names.';
comment on column store.hosts.sent_at is 'When the last request went.';
comment on column store.hosts.closed_until is 'Not before, for the host said so: Retry-After, 429, 503.';
comment on column store.hosts.refusals is '429 and 503 in a row.';
