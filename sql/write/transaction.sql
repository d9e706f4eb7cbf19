INSERT OR REPLACE INTO fact_transaction (id, mail, client, queue_id, message_id)
SELECT c1, c2, c3, c4, c5 FROM bulk(:rows)
