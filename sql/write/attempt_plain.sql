-- The same of lines without a login that were not repeated. All columns in their order, or SQLite moves each once more.
INSERT OR FAIL INTO fact_attempt (place, time, line, pid, client, text, sender, recipient, helo, sasl, tx, count)
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, NULL, c11, 1 FROM bulk(:rows)
