"""Words every part shares: clock, ids, errors, units, money. Standard library only."""
