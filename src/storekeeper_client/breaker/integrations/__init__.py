"""One module for each library, loaded when it is guarded."""
