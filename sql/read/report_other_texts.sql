-- Warnings that belong to no rule: never silently dropped. What differs from line to line stands as {sender} or the like.
-- how_many: of all such texts.
SELECT CASE x.template WHEN 0 THEN x.text ELSE
    replace(replace(replace(replace(replace(x.text, char(1) || 'S', '{sender}'), char(1) || 'R', '{recipient}'),
      char(1) || 'C', '{client}'), char(1) || 'I', '{ip}'), char(1) || 'H', '{helo}') END AS text,
  sum(t.attempts) AS attempts, count(*) OVER () AS how_many
FROM roll_text t JOIN text x ON x.id = t.text JOIN word w ON w.id = t.action
WHERE x.rule = 0 AND w.text IN ('warn', 'reject_warning') GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT :limit
