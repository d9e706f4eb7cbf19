INSERT OR FAIL INTO client (id, ip, name, key, source) SELECT c1, c2, c3, c4, c5 FROM bulk(:rows)
