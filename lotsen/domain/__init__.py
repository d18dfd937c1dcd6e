"""Facts and rules of the field, free of frameworks."""
