SELECT min(id) FROM dim_source
WHERE kind IN ('org', 'net', 'inside', 'shared') AND name = (SELECT name FROM dim_source WHERE id = :id)
