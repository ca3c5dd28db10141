"""`python -m engine.cli`, the same as the command `nightjar`."""

from engine.cli import main

main()
