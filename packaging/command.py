"""Entry of the frozen command line."""

import multiprocessing

if __name__ == "__main__":
    multiprocessing.freeze_support()  # the ingest child is this same executable
    from engine.cli import main

    main()
