SELECT count(*) FROM quarantine WHERE gen = :gen AND reason = :reason
