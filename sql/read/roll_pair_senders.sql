SELECT sender FROM roll_pair
