-- From the first warned mail to the end of the log.
SELECT (SELECT min(first_time) FROM main.roll_source_day WHERE mails > 0) AS first_us, (SELECT time FROM log_end) AS end_us
