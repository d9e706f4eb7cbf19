-- The account: every line that was read, by what it was.
SELECT sort, name, sum(lines) AS lines FROM counted GROUP BY sort, name ORDER BY sort, lines DESC, name
