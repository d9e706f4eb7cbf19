SELECT max(p.last_time) FROM span p JOIN host h ON h.id = p.host WHERE h.name = :name
