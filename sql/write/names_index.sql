-- Names are unique. The first load of an empty database knows all names that there are and needs no index; it is made
-- when that is no longer so, at the latest at the end (performance.md, point 5).
CREATE UNIQUE INDEX IF NOT EXISTS word_of_text ON word (text);
CREATE UNIQUE INDEX IF NOT EXISTS address_of_text ON address (text);
CREATE UNIQUE INDEX IF NOT EXISTS client_of_ip ON client (ip, name)
