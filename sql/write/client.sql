INSERT OR FAIL INTO client (name, ip, key, source) SELECT c2, c3, c4, c5 FROM bulk(:rows)
