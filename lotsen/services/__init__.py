"""The use cases: one verb each, in one transaction each."""
