-- Warnings that belong to no rule: never silently dropped. how_many: of all such texts.
SELECT x.text, sum(t.attempts) AS attempts, count(*) OVER () AS how_many
FROM roll_text t JOIN text x ON x.id = t.text JOIN word w ON w.id = t.action
WHERE x.rule = 0 AND w.text IN ('warn', 'reject_warning') AND x.template = 0 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT :limit
