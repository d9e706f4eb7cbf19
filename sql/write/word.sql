INSERT OR FAIL INTO word (id, text) SELECT c1, c2 FROM bulk(:rows)
