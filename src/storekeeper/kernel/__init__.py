"""Words every part shares: clock, ids, errors, units, money, addresses. Standard library only."""
