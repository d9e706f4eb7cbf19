-- Clients, their addresses, and the verdicts that cover them.
SELECT c.id, c.key, cv.verdict FROM client c LEFT JOIN client_verdict cv ON cv.client = c.id WHERE c.id > :at ORDER BY c.id
