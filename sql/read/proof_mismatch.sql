-- Refused on 465 or 587 because the login does not own the sender, by the sender's folded address.
SELECT coalesce(sa.fold, sa.id), sum(a.count)
FROM roll_line l
JOIN fact_attempt a ON a.place = l.place
JOIN dim_line k ON k.id = a.line
JOIN address sa ON sa.id = a.sender
WHERE l.sort = 2 AND NOT k.flags & 21
  AND a.time >= :since AND a.time < :until
GROUP BY 1
ORDER BY 1
