"""The cloud: where a picture's posterior lies."""
