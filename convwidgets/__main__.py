"""`python -m convwidgets`: the command line where its script is not on the path."""

import sys

from convwidgets.cli import main

sys.exit(main())
