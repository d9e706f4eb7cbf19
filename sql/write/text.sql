INSERT INTO text (text, template, rule) VALUES (:text, :template, :rule)
