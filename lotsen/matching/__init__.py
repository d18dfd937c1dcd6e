"""Decides who can take a request and who fits best; pure, deterministic, without clock or database."""
