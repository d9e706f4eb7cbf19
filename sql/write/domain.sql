INSERT INTO domain (name) VALUES (:name)
