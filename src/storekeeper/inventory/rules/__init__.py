"""Pure decisions of the inventory: ranges of keys, schedules, quotes, histograms, what is kept."""
