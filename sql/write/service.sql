INSERT INTO service (name) VALUES (:name)
