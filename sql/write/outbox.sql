INSERT INTO human_mail (day, recipients, sender, message_id, bytes, made_at, state)
VALUES (:day, :recipients, :sender, :message_id, :bytes, :made_at, 'prepared')
