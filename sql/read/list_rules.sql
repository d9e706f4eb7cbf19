-- Every text that an action line said, with the rule it belongs to; marks for what differs from line to line.
SELECT ru.name AS rule, w.text AS action,
  CASE x.template WHEN 0 THEN x.text ELSE replace(replace(replace(replace(replace(x.text, char(1) || 'S', '{sender}'),
    char(1) || 'R', '{recipient}'), char(1) || 'C', '{client}'), char(1) || 'I', '{ip}'), char(1) || 'H', '{helo}') END AS text,
  sum(t.attempts) AS attempts,
  strftime('%Y-%m-%dT%H:%M:%SZ', min(t.first_time) / 1000000, 'unixepoch') AS first_seen,
  strftime('%Y-%m-%dT%H:%M:%SZ', max(t.last_time) / 1000000, 'unixepoch') AS last_seen
FROM roll_text t JOIN text x ON x.id = t.text JOIN word w ON w.id = t.action LEFT JOIN dim_rule ru ON ru.id = x.rule
WHERE (:rule IS NULL OR ru.name = :rule)
GROUP BY 1, 2, 3
ORDER BY ru.name IS NULL, ru.name, action IN ('warn', 'reject_warning', 'warning') DESC, attempts DESC, 3
LIMIT :limit
