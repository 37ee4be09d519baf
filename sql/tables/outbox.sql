-- One row per message to announce; written in the transaction of what it announces.
create table if not exists store.outbox (
    message_id varchar not null,
    name varchar not null,
    resource varchar not null,
    payload json,
    sent_at timestamptz,
);
alter table store.outbox add column if not exists occurred_at timestamptz;
alter table store.outbox add column if not exists cause varchar;
alter table store.outbox add column if not exists confirmed_at timestamptz;
alter table store.outbox add column if not exists dropped_at timestamptz;
comment on table store.outbox is 'Our own doings: messages to announce, written together with what they announce.';
comment on column store.outbox.message_id is 'Of name, resource and what it was announced for; the id of the event.';
comment on column store.outbox.name is 'What happened, as copydesk.story.found.';
comment on column store.outbox.resource is 'What it happened to, as copydesk.story.<story_id>.';
comment on column store.outbox.payload is 'What a consumer needs to know, as JSON.';
comment on column store.outbox.sent_at is 'When it was sent; null: not yet.';
comment on column store.outbox.occurred_at is 'When it happened.';
comment on column store.outbox.cause is 'What it was announced for: a batch, by its id, or a moment.';
comment on column store.outbox.confirmed_at is 'When the server was seen to have kept it; null: not yet. What it does not have is sent again.';
comment on column store.outbox.dropped_at is 'When it was given up: a day after it happened nobody had taken it.';
