INSERT INTO roll_source_day (rule, source, domain, day, attempts, mails, lost, delivered, queued, held, unknown, bounced,
  spam, refused, tempfailed, aborted, discarded, first_time, last_time)
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19 FROM bulk(:rows) WHERE true
ON CONFLICT (rule, source, domain, day) DO UPDATE SET attempts = attempts + excluded.attempts,
  mails = mails + excluded.mails, lost = lost + excluded.lost, delivered = delivered + excluded.delivered,
  queued = queued + excluded.queued, held = held + excluded.held, unknown = unknown + excluded.unknown,
  bounced = bounced + excluded.bounced, spam = spam + excluded.spam, refused = refused + excluded.refused,
  tempfailed = tempfailed + excluded.tempfailed, aborted = aborted + excluded.aborted,
  discarded = discarded + excluded.discarded,
  first_time = coalesce(min(first_time, excluded.first_time), first_time, excluded.first_time),
  last_time = coalesce(max(last_time, excluded.last_time), last_time, excluded.last_time)
