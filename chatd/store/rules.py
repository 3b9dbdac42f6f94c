"""
What every store does alike: the ids that it draws, and the words with which it refuses.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from chatd.core.events import Event, Message
from chatd.core.forms import MOST_EMOJI, MOST_OWN, MOST_PINS
from chatd.core.records import Slice
from chatd.core.refusals import Code, Refused

RETRY_SECONDS = 5.0
"""When a write that the disk refused is worth another try."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _letters(random: bytes) -> str:
    return base64.b32encode(random).decode("ascii").lower()


def draw_epoch(random: Callable[[int], bytes]) -> str:
    """
    The name of a new incarnation of the logs: 16 characters of base32, 80 random bits.
    """
    return _letters(random(10))


def draw_incarnation(random: Callable[[int], bytes]) -> str:
    """
    The first part of the ids of one start of the server: 8 characters of base32, 40 random bits.
    """
    return _letters(random(5))


def event_id(incarnation: str, commit: int) -> str:
    """
    The id of the event with that commit number, legal as an IRCv3 msgid.

    No index has to keep it unique. Commit numbers are, within one start of the server and over all starts on
    one log; and where a copy of an older log is put back, so that numbers are given again, the 40 random bits
    of the first part tell the two apart.
    """
    digits = ""
    while commit:
        commit, digit = divmod(commit, 36)
        digits = _DIGITS[digit] + digits
    return f"{incarnation}-{digits}"


def cut(events: Iterable[Event], limit: int, max_bytes: int) -> Slice:
    """
    The beginning of `events`: at most `limit` messages, and what `max_bytes` by `weight` can hold, but one
    event in any case. `more` if something lies behind.
    """
    taken: list[Event] = []
    messages = weight = 0
    for event in events:
        weight += event.weight
        if messages == limit or (taken and weight > max_bytes):
            return Slice(tuple(taken), True)
        taken.append(event)
        messages += isinstance(event, Message)
    return Slice(tuple(taken), False)


def cid_conflict() -> Refused:
    """
    The refusal of another message under a cid that its author has used.
    """
    return Refused(Code.CID_CONFLICT, "This cid was used for another message.")


def no_such_person() -> Refused:
    """
    The refusal of a private message to or from somebody unknown.
    """
    return Refused(Code.NO_SUCH_PERSON, "There is no such person.")


MOST_TOKENS = 100
SHOWN_MS = 3600 * 1000
"""How often it is noted that a token was shown."""
MOST_IGNORED = 500


def bad_invite() -> Refused:
    """
    The refusal of a sign-up by a link that is not good.
    """
    return Refused(Code.BAD_INVITE, "That invitation is not good, or not any more.")


def has_account() -> Refused:
    """
    The refusal of a second account for the same person.
    """
    return Refused(Code.FORBIDDEN, "You have an account already.")


def other_password() -> Refused:
    """
    The refusal of what was asked for by a password that was changed meanwhile.
    """
    return Refused(Code.BAD_PASSWORD, "The password was changed meanwhile.")


def no_such_token() -> Refused:
    """
    The refusal of what was asked for by a token that has ended meanwhile.
    """
    return Refused(Code.BAD_TOKEN, "That token is not known here.")


def too_many_ignored() -> Refused:
    """
    The refusal to ignore one more.
    """
    return Refused(Code.FORBIDDEN, f"At most {MOST_IGNORED} people can be ignored.")


def nobody_owns() -> Refused:
    """
    The refusal to take the last owner from something.
    """
    return Refused(Code.FORBIDDEN, "Then nobody would own it: make somebody else an owner first.")


def no_such_message(offset: int) -> Refused:
    """
    The refusal of a reply to what is not there.
    """
    return Refused(Code.NO_SUCH_MESSAGE, f"There is no message {offset} in this room.")


def too_many_pins() -> Refused:
    """
    The refusal to pin one more message.
    """
    return Refused(Code.FORBIDDEN, f"At most {MOST_PINS} messages of a room can be pinned.")


def too_many_emoji() -> Refused:
    """
    The refusal of one more kind of reaction.
    """
    words = f"A message has at most {MOST_EMOJI} different reactions, {MOST_OWN} of one person."
    return Refused(Code.FORBIDDEN, words)


def no_such_file() -> Refused:
    """
    The refusal of a message with a file that is not its author's to send there.
    """
    return Refused(Code.NO_SUCH_FILE, "One of the files is not there any more, or not for this room.")


def too_many_open(most: int) -> Refused:
    """
    The refusal to begin one more upload.
    """
    return Refused(
        Code.RATE_LIMITED, f"{most} uploads are under way; wait for one to end.", retry_after=RETRY_SECONDS
    )


def over_quota(left: int) -> Refused:
    """
    The refusal of an upload for which there is no room left.
    """
    return Refused(Code.QUOTA, f"Of the room for your files {max(0, left)} bytes are left.")


def read_only() -> Refused:
    """
    The refusal of any write while the disk takes none. Why is the operator's matter and stays in `trouble`.
    """
    return Refused(
        Code.READ_ONLY, "Nothing can be stored at the moment; try again later.", retry_after=RETRY_SECONDS
    )


def unreadable() -> Refused:
    """
    The refusal of a question that the disk does not answer. Why is the operator's matter, and in the log.
    """
    return Refused(Code.INTERNAL, "This cannot be read at the moment.", retry_after=RETRY_SECONDS)


def hand_back(answers: Iterable[tuple[Deferred[Any], Any]]) -> None:
    """
    Give those who asked what became of it, in the reactor's thread.
    """
    for answer, outcome in answers:
        if answer.called:
            # Nobody waits for it any more.
            continue
        if isinstance(outcome, Exception | Failure):
            answer.errback(outcome)
        else:
            answer.callback(outcome)


def nothing() -> None:
    """
    What is called where nobody wants to be.
    """
