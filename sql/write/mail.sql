INSERT OR REPLACE INTO fact_mail (id, host, sender, client, first_time, last_time, digits, day, transactions, attempts,
  shown_transaction, spf, dkim, dmarc, spam, flags)
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16 FROM bulk(:rows)
