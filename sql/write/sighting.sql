INSERT INTO sighting (kind, host, day, client, sender, login, rules, mails, first_time, last_time)
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10 FROM bulk(:rows) WHERE true
ON CONFLICT (kind, day, sender, client, host, login, rules) DO UPDATE SET mails = mails + excluded.mails,
  first_time = min(first_time, excluded.first_time), last_time = max(last_time, excluded.last_time)
