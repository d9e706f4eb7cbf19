-- What each host took in, day by day.
SELECT h.name AS host, r.day, r.accepted, r.outside, r.null_sender, r.canary
FROM roll_host_day r JOIN host h ON h.id = r.host
WHERE r.day BETWEEN :first AND :last
ORDER BY h.name, r.day
