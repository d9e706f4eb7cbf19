-- Warnings of transactions that have a mail by now: they widen the pair's times.
INSERT INTO roll_pair (rule, sender, client, mails, lost, mails_ever, lost_ever, first_warned, last_warned)
SELECT l.rule, coalesce(m.sender, 0), m.client, 0, 0, 0, 0, l.first_time, l.last_time
FROM bulk(:rows) b
JOIN roll_loose l ON l.tx = b.c1
LEFT JOIN fact_transaction t ON t.id = l.tx
JOIN fact_mail m ON m.id = coalesce(t.mail, l.tx)
WHERE true
ON CONFLICT (rule, sender, client) DO UPDATE SET
  first_warned = coalesce(min(first_warned, excluded.first_warned), excluded.first_warned),
  last_warned = coalesce(max(last_warned, excluded.last_warned), excluded.last_warned)
