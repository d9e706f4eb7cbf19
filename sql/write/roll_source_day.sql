INSERT INTO roll_source_day (rule, source, day, attempts, mails, lost, delivered, queued, held, unknown, bounced, spam,
  refused, tempfailed, aborted, discarded)
VALUES (:rule, :source, :day, :attempts, :mails, :lost, :delivered, :queued, :held, :unknown, :bounced, :spam, :refused,
  :tempfailed, :aborted, :discarded)
ON CONFLICT (rule, source, day) DO UPDATE SET attempts = attempts + excluded.attempts, mails = mails + excluded.mails,
  lost = lost + excluded.lost, delivered = delivered + excluded.delivered, queued = queued + excluded.queued,
  held = held + excluded.held, unknown = unknown + excluded.unknown, bounced = bounced + excluded.bounced,
  spam = spam + excluded.spam, refused = refused + excluded.refused, tempfailed = tempfailed + excluded.tempfailed,
  aborted = aborted + excluded.aborted, discarded = discarded + excluded.discarded
