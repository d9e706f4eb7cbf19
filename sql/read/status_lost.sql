-- The damaged database that was set aside last; rebuilding: the logs are not yet read again.
SELECT l.at, l.file, EXISTS (SELECT 1 FROM meta WHERE key = 'rebuild') AS rebuilding
FROM lost l ORDER BY l.at DESC LIMIT 1
