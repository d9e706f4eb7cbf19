-- What became of the recipients that a rule warned about, mail by mail.
SELECT mail, fate FROM fact_recipient WHERE text IN (SELECT id FROM text WHERE rule > 0) ORDER BY mail
