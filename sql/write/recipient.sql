INSERT OR REPLACE INTO fact_recipient (mail, recipient, text, shown, fate, since, last_try)
SELECT c1, c2, c3, c4, c5, c6, c7 FROM bulk(:rows)
