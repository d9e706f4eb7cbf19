INSERT OR FAIL INTO word (text) SELECT c2 FROM bulk(:rows)
