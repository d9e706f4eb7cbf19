SELECT n.value FROM human_verdict v, json_each(v.seen, '$.networks') n WHERE v.id = :id AND json_valid(v.seen)
