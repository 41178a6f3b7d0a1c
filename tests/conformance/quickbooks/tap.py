"""Runs tap-quickbooks, in its own environment, with its two hard-coded hosts pointed at the simulator.

Arguments: the simulator's address, then the tap's own. Singer's messages go to the standard output.
"""

import sys

import tap_quickbooks
from tap_quickbooks import client

base = sys.argv.pop(1)
client.SANDBOX_ENDPOINT_BASE = base
client.TOKEN_REFRESH_URL = base + "/oauth2/v1/tokens/bearer"
tap_quickbooks.main()
