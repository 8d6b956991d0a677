"""Decisions about credentials: pure functions of facts and the present moment."""
