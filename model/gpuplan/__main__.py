"""`python -m gpuplan` is the command line."""

import sys

try:
    from gpuplan.cli import main

    main()
except KeyboardInterrupt:  # while importing: there is no plan to keep yet
    sys.exit(3)
