INSERT OR REPLACE INTO fact_transaction (id, mail, host, client, sender, queue_id, message_id, time)
SELECT c1, c2, c3, c4, c5, c6, c7, c8 FROM bulk(:rows)
