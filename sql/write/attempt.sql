INSERT OR FAIL INTO fact_attempt (place, time, line, pid, client, text, sender, recipient, helo, sasl, tx, count)
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12 FROM bulk(:rows)
