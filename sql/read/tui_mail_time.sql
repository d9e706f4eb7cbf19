-- When a mail was first tried.
SELECT first_time FROM fact_mail WHERE id = :mail
