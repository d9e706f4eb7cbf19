-- The sources of a rule's mails, heaviest loss first: what the report shows of list_sources.sql, in a third of the time.
SELECT m.source, m.source_kind AS kind, count(DISTINCT m.client_ip) AS clients, count(DISTINCT lower(m.sender)) AS senders,
  count(*) AS mails, sum(m.would_be_lost) AS would_be_lost, count(DISTINCT m.day) AS days_seen,
  date(max(m.last_us) / 1000000, 'unixepoch') AS last_seen
FROM mail m
WHERE m.rule = :rule AND (:since IS NULL OR m.first_us >= :since) AND (:until IS NULL OR m.first_us < :until)
GROUP BY m.source
ORDER BY would_be_lost DESC, mails DESC, m.source
LIMIT :limit
