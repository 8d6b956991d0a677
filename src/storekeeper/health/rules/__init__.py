"""Pure decisions of health: facts and the present moment in, decisions out."""
