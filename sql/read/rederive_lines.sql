SELECT bytes FROM quarantine WHERE gen = :gen
