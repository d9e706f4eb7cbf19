INSERT INTO log (name) VALUES (:name)
