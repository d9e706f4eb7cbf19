-- Summaries that sendmail did not take: those that wait, and those that were given up since then and that no later mail
-- to the same recipients could tell of; the oldest day first.
SELECT day, recipients, state = 'given up' AS given_up, tries, tried_at, why FROM human_mail m
WHERE state <> 'sent' AND tries > 0 AND (state = 'prepared' OR (tried_at >= :since AND NOT EXISTS (
  SELECT 1 FROM human_mail s WHERE s.recipients = m.recipients AND s.day > m.day AND s.state = 'sent')))
ORDER BY day, id
