-- Queues every event for its lane, also those that other services insert. A file of its own with one statement:
-- a server with a binary log lets only SUPER create triggers, unless log_bin_trust_function_creators is on; what
-- fails at the first statement leaves nothing behind and is simply run again once the server allows it.
CREATE TRIGGER outbox_event_queue AFTER INSERT ON outbox_event FOR EACH ROW
    INSERT INTO outbox_queue (lane, id) VALUES (CRC32(NEW.order_key) & 15, NEW.id);
