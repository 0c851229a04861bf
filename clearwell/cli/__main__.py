"""`python -m clearwell.cli` is `clearwell`."""

import sys

from clearwell.cli import main

sys.exit(main())
