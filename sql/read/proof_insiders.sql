-- Inside clients that send over port 25 what the article forbids: with senders that are not ours; or with ours, but are
-- warned, so they are not in mynetworks.
SELECT c.ip, max(c.name), 1 AS foreigner, min(ad.text), count(DISTINCT s.sender), sum(s.mails) AS mails,
  min(s.first_time), max(s.last_time)
FROM sighting s JOIN client c ON c.id = s.client JOIN address ad ON ad.id = s.sender
WHERE s.kind = 'foreign' AND s.last_time >= :since AND s.first_time < :until
GROUP BY c.ip
UNION ALL
SELECT c.ip, max(c.name), 0, min(fa.text), count(DISTINCT fa.id), sum(p.mails), min(rd.first_time), max(rd.last_time)
FROM roll_pair p
JOIN client c ON c.id = p.client
JOIN dim_source so ON so.id = c.source AND so.kind = 'inside'
JOIN (SELECT so.name, min(d.first_time) AS first_time, max(d.last_time) AS last_time
      FROM dim_source so JOIN roll_source_day d ON d.source = so.id
      WHERE d.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND d.mails > 0
      GROUP BY so.id) rd ON rd.name = so.name
LEFT JOIN address sa ON sa.id = p.sender
LEFT JOIN address fa ON fa.id = coalesce(sa.fold, sa.id)
WHERE p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.mails > 0
  AND p.client IN (SELECT x.id FROM client x JOIN dim_source s ON s.id = x.source WHERE s.kind = 'inside')
GROUP BY c.ip
ORDER BY mails DESC, 1, foreigner
LIMIT :limit
