"""Pure computation of costs: facts and price sheets in, charges out. `price.price` is the whole."""
