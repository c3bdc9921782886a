"""`python -m dq`."""

import sys

from dq.cli import main

if __name__ == "__main__":
    sys.exit(main())
