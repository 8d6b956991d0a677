"""Services of several capabilities on real parts, for scenarios and for faults; each folder's `conftest.py` takes the fixtures that it needs."""
