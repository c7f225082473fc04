"""One paper a file; every model answers a request with a generator of steps."""
