"""The lens: what a pixel model says of one pixel."""
