"""How long operations and their sums are kept, where they go before they are forgotten, and how they come back."""
