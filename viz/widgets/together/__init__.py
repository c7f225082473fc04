"""The mark of the lowest figure, side by side."""
