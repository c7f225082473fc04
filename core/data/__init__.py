"""Named data sets, how they are downloaded or drawn, and pictures from outside. ``python -m core.data NAME``."""
