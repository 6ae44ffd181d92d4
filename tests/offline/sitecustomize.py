"""Python imports this by itself at start when its folder is on PYTHONPATH: closes the network.

How is left to `closed_network`.
"""

import closed_network  # noqa: F401
