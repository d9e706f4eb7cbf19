INSERT OR REPLACE INTO pending (kind, key, state) VALUES (:kind, :key, :state)
