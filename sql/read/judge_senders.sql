-- Addresses in one spelling, with their domains.
SELECT sender, address, domain FROM sender_name WHERE sender > :at ORDER BY sender
