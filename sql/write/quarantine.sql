INSERT OR REPLACE INTO quarantine (gen, off, len, reason, bytes) VALUES (:gen, :off, :len, :reason, :bytes)
