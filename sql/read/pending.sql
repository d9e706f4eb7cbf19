SELECT state FROM pending ORDER BY part
