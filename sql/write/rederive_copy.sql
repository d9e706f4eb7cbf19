INSERT OR IGNORE INTO text (text, template, rule, listed)
SELECT text, template % 2, :rule, listed FROM text WHERE id = :id
