-- What a rule did on each host to each sender domain, day by day. A sender without an address has no domain.
SELECT h.name AS host, CASE WHEN d.id IS NULL THEN '(null sender)' WHEN d.name = '' THEN '(no domain)' ELSE d.name END AS domain,
  r.day, r.warned, r.refused, r.deferred, r.first_warned, r.last_warned, r.first_refused, r.last_refused
FROM roll_domain_day r JOIN dim_rule ru ON ru.id = r.rule JOIN host h ON h.id = r.host LEFT JOIN domain d ON d.id = r.domain
WHERE ru.name = :rule
ORDER BY 1, 2, 3
