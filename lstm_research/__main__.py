"""`python -m lstm_research` is the command `lstm-research`."""

import sys

from lstm_research.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
