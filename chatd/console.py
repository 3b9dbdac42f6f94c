"""
The command `chatd`: the same service as `twistd -n chatd`, in the foreground, with its log on stdout; and
`chatd check`, which looks whether the database is whole, `chatd backup`, which copies it, and
`chatd owner-link`, which makes an owner.
"""

from __future__ import annotations

import sys
from typing import cast

from twisted.internet.interfaces import IReactorCore
from twisted.logger import globalLogBeginner, textFileLogObserver

from chatd import backup, check, owner_link
from chatd.tap import Options, makeService


def main(arguments: list[str] | None = None) -> None:
    """
    Serve until SIGINT or SIGTERM, or do what the first word says. `arguments` are those of the command line
    unless given.
    """
    words = sys.argv[1:] if arguments is None else arguments
    for word, command in (("check", check), ("backup", backup), ("owner-link", owner_link)):
        if words[:1] == [word]:
            command.main(words[1:])
    options = Options()
    options.synopsis = "Usage: chatd [options]\n       chatd check [--data DIR | --store sqlite:PATH]"
    options.synopsis += "\n       chatd backup [--data DIR | --store sqlite:PATH] FILE"
    options.synopsis += "\n       chatd owner-link [--data DIR | --store sqlite:PATH]"
    options.log_is_in_sight = True
    options.parseOptions(words)
    service = makeService(options)
    from twisted.internet import reactor as installed

    reactor = cast(IReactorCore, installed)
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stdout)])
    service.privilegedStartService()
    service.startService()
    reactor.addSystemEventTrigger("before", "shutdown", service.stopService)
    reactor.run()
