"""How a bucket is listed: many workers over shards of the key space, one writer, restartable after any crash."""
