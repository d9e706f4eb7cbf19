UPDATE human_mail SET state = 'sent', sent_at = :now WHERE id = :id AND state = 'prepared'
