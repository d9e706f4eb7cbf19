-- Where follow began with each log that was new to it: what came before was never asked for.
SELECT substr(key, length('follow_begin ') + 1) AS log, value AS begun
FROM meta WHERE substr(key, 1, length('follow_begin ')) = 'follow_begin ' ORDER BY 1
