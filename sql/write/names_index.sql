-- Names are unique. As long as the writer's memory holds all of them it needs no index to know a new one; this is for when
-- they are more (performance.md, point 5).
CREATE UNIQUE INDEX IF NOT EXISTS word_of_text ON word (text);
CREATE UNIQUE INDEX IF NOT EXISTS address_of_text ON address (text);
CREATE UNIQUE INDEX IF NOT EXISTS client_of_ip ON client (ip, name)
