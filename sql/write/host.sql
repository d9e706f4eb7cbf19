INSERT INTO host (name) VALUES (:name)
