-- Senders that a rule warned about or refused, test senders left out.
SELECT DISTINCT s.id, s.text
FROM fact_attempt a
JOIN text x ON x.id = a.text
JOIN dim_line k ON k.id = a.line
JOIN address s ON s.id = a.sender
WHERE x.rule > 0 AND k.flags & 20 = 0
