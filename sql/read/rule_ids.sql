SELECT id, name FROM dim_rule
