-- Warned mails, those read last first.
SELECT m.id, m.client, m.sender, m.first_time FROM fact_mail m WHERE m.id < :at ORDER BY m.id DESC
