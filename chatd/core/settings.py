"""
What an operator can set of the core.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Settings(Struct, frozen=True):
    """
    What an operator may set of the core: the name and version of the server, bytes of a frame, messages a
    second of one connection and at once (a rate of 0 is no limit), what guests may do, who may sign
    up, and bytes of an upload (0: none).
    """

    server: str
    frame: int = 65536
    message_rate: float = 5.0
    message_burst: int = 20
    guests: Literal["on", "read", "off"] = "on"
    sign_up: Literal["open", "invite", "off"] = "open"
    upload: int = 256 << 20
