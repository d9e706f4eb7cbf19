INSERT OR REPLACE INTO fact_transaction (id, mail, host, client, sender, queue_id, message_id, time)
VALUES (:id, :mail, :host, :client, :sender, :queue_id, :message_id, :time)
