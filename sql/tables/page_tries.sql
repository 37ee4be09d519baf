-- One row per page whose fetching failed and is tried again. Our own doings.
create table if not exists store.page_tries (
    page_id varchar not null,
    tries integer not null,
    next_try_at timestamptz not null,
    why varchar not null,
);
comment on table store.page_tries is 'Our own doings: pages whose fetching failed and is tried again.';
comment on column store.page_tries.page_id is 'The page.';
comment on column store.page_tries.tries is 'How often it failed.';
comment on column store.page_tries.next_try_at is 'When it is tried again.';
comment on column store.page_tries.why is 'What the last try saw.';
