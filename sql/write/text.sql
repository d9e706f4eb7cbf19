INSERT INTO text (text, template, rule, listed) VALUES (:text, :template, :rule, :listed)
