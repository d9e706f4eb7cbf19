-- The account of all streams: every line that was read, by what it was.
SELECT sort || ' ' || name AS id, sort, name, sum(lines) AS lines FROM counted GROUP BY sort, name ORDER BY sort = 'understood' DESC, sort, lines DESC, name
