SELECT id, kind, name, domain FROM dim_source
