"""The command line: ``python -m core.evaluation NAME``; what it does stands in :mod:`core.training.evaluation`."""

from core.training.evaluation import main

if __name__ == "__main__":
    main()
