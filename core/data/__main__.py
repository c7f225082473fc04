"""The command line: ``python -m core.data NAME --data FOLDER``."""

from core.data.sets import main

main()
