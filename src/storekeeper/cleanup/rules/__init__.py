"""Pure decisions of clean-up."""
