"""Pure rules about costs that have not happened: projection, budgets, other providers, savings."""
