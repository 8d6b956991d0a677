"""Who is over: a violation opens when a quota is warned of or exceeded, and closes by itself."""
