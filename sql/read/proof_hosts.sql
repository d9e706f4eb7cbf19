-- Hosts on which a rule warned, or a canary proved that something does.
SELECT h.name FROM host h
WHERE h.id IN (SELECT rd.host FROM roll_domain_day rd JOIN dim_rule ru ON ru.id = rd.rule
               WHERE ru.name = :rule AND rd.last_warned >= :since AND rd.first_warned < :until)
   OR h.id IN (SELECT host FROM roll_host_day
               WHERE canary AND day BETWEEN :first_day AND :last_day)
