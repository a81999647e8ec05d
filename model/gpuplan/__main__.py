"""`python -m gpuplan` is the command line."""

from gpuplan.cli import main

main()
