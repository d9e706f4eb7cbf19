-- Recipients of warned mails, by their folded address, those of the mail read last first.
SELECT r.mail, r.recipient FROM fact_recipient r WHERE r.mail < :at ORDER BY r.mail DESC
