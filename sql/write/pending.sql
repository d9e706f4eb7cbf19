INSERT INTO pending (state) VALUES (:state)
