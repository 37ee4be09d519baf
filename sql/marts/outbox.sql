-- One row per message to announce.
create or replace view outbox as
select * from store.outbox;
comment on view outbox is 'Our own doings: messages to announce, written together with what they announce.';
