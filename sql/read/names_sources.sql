SELECT id, kind, name, domain FROM dim_source ORDER BY id
