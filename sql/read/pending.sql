SELECT kind, state FROM pending ORDER BY kind, key
