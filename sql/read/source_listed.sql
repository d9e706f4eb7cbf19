-- Lines of each source that say it stands on a blocklist.
SELECT source, sum(attempts) AS attempts FROM roll_listed
WHERE source > :at AND (:since IS NULL OR day >= :since / 86400000000) AND (:until IS NULL OR day < :until / 86400000000 + 1)
GROUP BY source
ORDER BY source
