"""A training while it goes on."""
