INSERT INTO roll_host_day (host, day, accepted, outside, null_sender, canary)
SELECT c1, c2, c3, c4, c5, c6 FROM bulk(:rows) WHERE true
ON CONFLICT (host, day) DO UPDATE SET accepted = accepted + excluded.accepted, outside = outside + excluded.outside,
  null_sender = null_sender + excluded.null_sender, canary = canary + excluded.canary
