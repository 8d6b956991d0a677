"""How days of the past tell of days to come: `learning.learn` makes a course of them, `interval` says how far it can be off."""
