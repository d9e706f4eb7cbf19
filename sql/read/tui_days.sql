-- A rule's days from :from on, of one source or of all.
SELECT d.day, sum(d.attempts) AS attempts, sum(d.mails) AS mails, sum(d.lost) AS lost
FROM main.roll_source_day d JOIN dim_rule ru ON ru.id = d.rule JOIN dim_source so ON so.id = d.source
WHERE ru.name = :rule AND d.day >= :from AND d.day <= :to AND (:source IS NULL OR so.name = :source)
GROUP BY d.day ORDER BY d.day DESC
