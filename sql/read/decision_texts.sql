-- The warning texts of a rule, and the days on which they were seen.
SELECT x.text, d.day FROM roll_text_day d JOIN text x ON x.id = d.text JOIN dim_rule r ON r.id = x.rule
WHERE r.name = :rule
ORDER BY d.day, x.text
