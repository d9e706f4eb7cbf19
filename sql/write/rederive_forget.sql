-- Sums of rules and sources. What a host took in stays as it was counted: the facts do not tell.
DELETE FROM roll_source_day;
DELETE FROM roll_hour;
DELETE FROM roll_domain_day;
DELETE FROM roll_text_day;
DELETE FROM roll_text;
DELETE FROM roll_listed;
DELETE FROM dim_source WHERE id NOT IN (SELECT source FROM client);
UPDATE address SET domain = NULL WHERE domain IS NOT NULL;
DELETE FROM domain
