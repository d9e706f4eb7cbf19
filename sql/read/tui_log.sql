-- The log that was read last.
SELECT g.last_stamp, g.path_hint, l.name FROM generation g JOIN log l ON l.id = g.log
WHERE g.last_stamp IS NOT NULL ORDER BY g.last_stamp DESC LIMIT 1
