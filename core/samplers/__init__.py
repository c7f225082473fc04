"""Exact samplers, one family a file; :mod:`core.sampling` is the interface over them."""
