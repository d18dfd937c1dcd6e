"""`python -m lotsen`."""

from lotsen.cli import main

main()
