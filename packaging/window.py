"""Entry of the frozen window."""

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()  # the ingest child is this same executable
    from app.__main__ import main

    sys.exit(main())
