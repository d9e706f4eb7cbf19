INSERT INTO roll_pair (rule, sender, client, mails, lost, mails_ever, lost_ever, first_warned, last_warned)
SELECT c1, c2, c3, c4, c5, c4, c5, c6, c7 FROM bulk(:rows) WHERE true
ON CONFLICT (rule, sender, client) DO UPDATE SET mails = mails + excluded.mails, lost = lost + excluded.lost,
  mails_ever = mails_ever + excluded.mails, lost_ever = lost_ever + excluded.lost,
  first_warned = coalesce(min(first_warned, excluded.first_warned), first_warned, excluded.first_warned),
  last_warned = coalesce(max(last_warned, excluded.last_warned), last_warned, excluded.last_warned)
