-- All that was made for a set of recipients, oldest day first; of a day the oldest first.
SELECT id, day, sender, message_id, state, sent_at, CASE state WHEN 'prepared' THEN bytes END AS bytes,
  made_at, tries, tried_at, why
FROM human_mail WHERE recipients = :recipients AND (:day IS NULL OR day = :day) AND (:state IS NULL OR state = :state)
ORDER BY day, id
