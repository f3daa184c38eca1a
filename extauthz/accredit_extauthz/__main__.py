"""`python -m accredit_extauthz`, and the console script `accredit-extauthz`."""

import os
import sys

# gRPC's core would write lines of its own format between ours; it reads this once, when it is loaded.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

from accredit_extauthz.app import main

if __name__ == "__main__":
    sys.exit(main())
