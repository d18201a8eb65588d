"""`python -m screening.cli` is the command `screening`."""

from screening.cli import main

main()
