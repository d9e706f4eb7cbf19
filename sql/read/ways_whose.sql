-- The clients of a subject, or its senders, by their numbers.
SELECT c.id FROM client c JOIN dim_source so ON so.id = c.source WHERE :kind = 'source' AND so.name = :subject
UNION ALL
SELECT c.id FROM client c WHERE :kind IN ('ip', 'network') AND c.key BETWEEN CAST(:low AS BLOB) AND CAST(:high AS BLOB)
UNION ALL
SELECT sa.id FROM address sa JOIN address fa ON fa.id = coalesce(sa.fold, sa.id) WHERE :kind = 'sender' AND fa.text = :subject
UNION ALL
SELECT sa.id FROM address sa JOIN domain d ON d.id = sa.domain
WHERE :kind = 'domain' AND (d.name = :subject OR substr(d.name, -length(:subject) - 1) = '.' || :subject)
