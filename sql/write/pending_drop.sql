DELETE FROM pending WHERE kind = :kind AND key = :key
