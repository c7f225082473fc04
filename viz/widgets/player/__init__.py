"""The frame player."""
