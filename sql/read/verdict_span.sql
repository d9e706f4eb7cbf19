-- From the first warned mail to the end of the log.
SELECT (SELECT min(first_time) FROM fact_mail) AS first_us, (SELECT time FROM log_end) AS end_us
