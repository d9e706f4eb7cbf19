UPDATE human_mail SET tries = tries + 1, tried_at = :now, why = :why, state = CASE :over WHEN 0 THEN state ELSE 'given up' END
WHERE id = :id AND state = 'prepared'
