"""Training: ``python -m core.training NAME``; see :mod:`core.training.__main__` for the files of a run."""
