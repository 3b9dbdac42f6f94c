"""
The command `chatd`: the same service as `twistd -n chatd`, in the foreground, with its log on stdout.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import cast

from twisted.internet.interfaces import IReactorCore
from twisted.logger import globalLogBeginner, textFileLogObserver

from chatd.tap import Options, makeService


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Serve until SIGINT or SIGTERM. `arguments` are those of the command line unless given.
    """
    options = Options()
    options.synopsis = "Usage: chatd [options]"
    options.log_is_in_sight = True
    options.parseOptions(sys.argv[1:] if arguments is None else arguments)
    service = makeService(options)
    from twisted.internet import reactor as installed

    reactor = cast(IReactorCore, installed)
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stdout)])
    service.privilegedStartService()
    service.startService()
    reactor.addSystemEventTrigger("before", "shutdown", service.stopService)
    reactor.run()
