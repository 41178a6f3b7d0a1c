"""Lets tests end the process at a named point of posting, to see what the next one makes of it.

`CONNECTOR_FAILPOINT=NAME` or `NAME:3` (the third time) ends it as kill -9 does. That is safe to ship: only who starts
the process can set its environment, and they could kill it anyway; nothing is shown or changed by it, and dying at any
of these points is what posting is made for. Without the variable a point does nothing.
"""

import os
import signal
import threading
from collections.abc import Callable

VARIABLE = "CONNECTOR_FAILPOINT"


def failpoint() -> Callable[[str], None]:
    """What to call at each point."""
    name, _, nth = os.environ.get(VARIABLE, "").partition(":")
    if not name:
        return lambda point: None
    left, guard = [int(nth or 1)], threading.Lock()

    def die(point: str) -> None:
        if point == name:
            with guard:
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)

    return die
