-- Addresses that are another spelling of one.
SELECT id, fold FROM address WHERE id > :at AND fold IS NOT NULL ORDER BY id
