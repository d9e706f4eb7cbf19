INSERT INTO sighting (kind, host, day, client, sender, login, rules, mails, first_time, last_time)
VALUES (:kind, :host, :day, :client, :sender, :login, :rules, :mails, :first_time, :last_time)
ON CONFLICT (kind, sender, client, day, host, login, rules) DO UPDATE SET mails = mails + excluded.mails,
  first_time = min(first_time, excluded.first_time), last_time = max(last_time, excluded.last_time)
