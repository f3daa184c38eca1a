"""`python -m accredit_extauthz`, and the console script `accredit-extauthz`."""

import sys

from accredit_extauthz.app import main

if __name__ == "__main__":
    sys.exit(main())
