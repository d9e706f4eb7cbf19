INSERT INTO roll_host_day (host, day, accepted, outside, null_sender, canary)
VALUES (:host, :day, :accepted, :outside, :null_sender, :canary)
ON CONFLICT (host, day) DO UPDATE SET accepted = accepted + excluded.accepted, outside = outside + excluded.outside,
  null_sender = null_sender + excluded.null_sender, canary = canary + excluded.canary
