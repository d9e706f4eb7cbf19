-- People who got a warned mail, and how many they would lose.
SELECT ad.text AS recipient, m.rule, count(DISTINCT m.source) AS sources, count(*) AS mails,
  sum(f.loses) AS would_be_lost, json_group_array(DISTINCT f.name) AS fates,
  strftime('%Y-%m-%dT%H:%M:%SZ', min(m.first_us) / 1000000, 'unixepoch') AS first_seen,
  strftime('%Y-%m-%dT%H:%M:%SZ', max(m.last_us) / 1000000, 'unixepoch') AS last_seen
FROM mail m JOIN recipient_fate rf ON rf.mail = m.id AND rf.rule = m.rule_id
JOIN fate f ON f.id = rf.fate LEFT JOIN address ad ON ad.id = rf.recipient
WHERE (:since IS NULL OR m.first_us >= :since) AND (:until IS NULL OR m.first_us < :until)
  AND (:source IS NULL OR m.source = :source) AND (:rule IS NULL OR m.rule = :rule)
  AND (:sender IS NULL OR lower(m.sender) = lower(:sender)
       OR (:sender LIKE '@%' AND lower(substr(m.sender, -length(:sender))) = lower(:sender)))
  AND (:client IS NULL OR m.client_ip = :client OR lower(m.client_name) = lower(:client))
  AND (:recipient IS NULL OR lower(ad.text) = lower(:recipient)
       OR (:recipient LIKE '@%' AND lower(substr(ad.text, -length(:recipient))) = lower(:recipient)))
  AND (:fate IS NULL OR f.name = :fate)
GROUP BY rf.recipient, m.rule_id
ORDER BY would_be_lost DESC, mails DESC, 1
LIMIT :limit
