-- One row per message to announce; written in the transaction of its batch.
create table if not exists store.outbox (
    message_id varchar not null,
    name varchar not null,
    resource varchar not null,
    payload json,
    sent_at timestamptz,
);
comment on table store.outbox is 'Messages to announce, written together with what they announce.';
comment on column store.outbox.message_id is 'Of name, resource and batch.';
comment on column store.outbox.name is 'What happened, as copydesk.story.found.';
comment on column store.outbox.resource is 'What it happened to.';
comment on column store.outbox.payload is 'What a consumer needs to know, as JSON.';
comment on column store.outbox.sent_at is 'When it was sent; null: not yet.';
