"""
Every reason for which chatd says no to a command, and every code with which it closes a connection.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Code(StrEnum):
    """
    The codes of `refused`. Later ones are added; none ever changes its meaning.
    """

    BAD_REQUEST = "bad_request"
    NOT_HELLO = "not_hello"
    BAD_TOKEN = "bad_token"  # noqa: S105
    NAME_TAKEN = "name_taken"
    BAD_NAME = "bad_name"
    NO_SUCH_ROOM = "no_such_room"
    NO_SUCH_PERSON = "no_such_person"
    NO_SUCH_MESSAGE = "no_such_message"
    NO_SUCH_FILE = "no_such_file"
    NOT_MEMBER = "not_member"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    TOO_LONG = "too_long"
    QUOTA = "quota"
    CID_CONFLICT = "cid_conflict"
    READ_ONLY = "read_only"
    BANNED = "banned"
    MUTED = "muted"
    LOCKED = "locked"
    ARCHIVED = "archived"
    BAD_PASSWORD = "bad_password"  # noqa: S105
    BAD_INVITE = "bad_invite"
    INTERNAL = "internal"


class Refused(Exception):
    """
    A command that is not carried out; the connection goes on.

    `message` is for a person. `retry_after` is in seconds, given where trying again can help. `ref` is the
    command's own, known here only when the command could not be decoded.
    """

    def __init__(
        self, code: Code, message: str, *, retry_after: float | None = None, ref: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.ref = ref


class CloseCode(IntEnum):
    """
    WebSocket close codes (RFC 6455 section 7.4.1, and our own in 4000 to 4999).

    4000 to 4499 ask a client to come back and resume; 4500 to 4999 ask it not to come back by itself.
    """

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    INVALID_PAYLOAD = 1007
    POLICY = 1008
    TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    SHUTDOWN = 4000
    SLOW = 4001
    RESYNC = 4002
    NO_PONG = 4003
    FLOOD = 4500
    BANNED = 4501
    NO_HELLO = 4503
    BAD_TOKEN = 4504

    @property
    def reason(self) -> str:
        """
        The text that goes with the code in the close frame: its name in lower case.
        """
        return self.name.lower()


class Violation(Exception):
    """
    Something after which the connection cannot go on: it is closed with `code` and `reason`.

    `reason` is at most 123 bytes of UTF-8, as a close frame allows (RFC 6455 section 5.5.1).
    """

    def __init__(self, code: CloseCode, reason: str | None = None) -> None:
        self.code = code
        self.reason = code.reason if reason is None else reason
        super().__init__(f"{int(code)} {self.reason}")
