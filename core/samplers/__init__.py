"""Exact samplers, one family a file; :mod:`core.samplers.brush` is the interface over them."""
