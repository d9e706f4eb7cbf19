-- Inside clients that send over port 25 what the article forbids: with senders that are not ours; or with ours, but are
-- warned, so they are not in mynetworks.
SELECT c.ip, max(c.name), 1 AS foreigner, min(ad.text), count(DISTINCT s.sender), sum(s.mails) AS mails,
  min(s.first_time), max(s.last_time)
FROM sighting s JOIN client c ON c.id = s.client JOIN address ad ON ad.id = s.sender
WHERE s.kind = 'foreign' AND s.last_time >= :since AND s.first_time < :until
GROUP BY c.ip
UNION ALL
SELECT c.ip, max(c.name), 0, min(fa.text), count(DISTINCT fa.id), count(*), min(m.first_time), max(m.last_time)
FROM fact_mail m
JOIN client c ON c.id = m.client
LEFT JOIN address sa ON sa.id = m.sender
LEFT JOIN address fa ON fa.id = coalesce(sa.fold, sa.id)
WHERE m.client IN (SELECT i.id FROM client i JOIN dim_source so ON so.id = i.source WHERE so.kind = 'inside')
  AND m.first_time >= :since AND m.first_time < :until
  AND EXISTS (SELECT 1 FROM fact_recipient r WHERE r.mail = m.id AND r.text IN
    (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule))
GROUP BY c.ip
ORDER BY mails DESC, 1, foreigner
LIMIT :limit
