-- One row per request that we sent, or would have sent. Our own doings.
create table if not exists store.polls (
    kind varchar not null,
    feed_id varchar,
    url varchar not null,
    final_url varchar,
    asked_at timestamptz not null,
    took_s double,
    status integer,
    reason varchar,
    detail varchar,
    wire_bytes bigint,
    is_new_body boolean not null,
);
comment on table store.polls is 'Our own doings: a row a request, redirects followed.';
comment on column store.polls.kind is 'feed, page, robots, or sitemap where a backfill walks it.';
comment on column store.polls.feed_id is 'The feed that was asked, or that announced the page; null for robots.';
comment on column store.polls.url is 'The address that was asked.';
comment on column store.polls.final_url is 'Where redirects led; null without an answer.';
comment on column store.polls.asked_at is 'When.';
comment on column store.polls.took_s is 'Seconds to the end of the answer; null without one.';
comment on column store.polls.status is 'HTTP status; null without an answer.';
comment on column store.polls.reason is 'Why there is no answer: robots, address, timeout, truncated, dns ...; null where there is one.';
comment on column store.polls.detail is 'What was seen.';
comment on column store.polls.wire_bytes is 'Bytes of the body as sent.';
comment on column store.polls.is_new_body is 'Whether it brought a body that went to raw.';
