SELECT (SELECT max(id) FROM address), (SELECT max(id) FROM client), (SELECT max(id) FROM word), (SELECT max(id) FROM dim_source)
