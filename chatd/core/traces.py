"""
Who was here a short while ago, and from where: so that what is decided about them still meets them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chatd.core.events import Card
from chatd.core.names import PersonId

KEPT_SECONDS = 12 * 3600.0
MOST_TRACES = 5_000
MOST_ADDRESSES = 8


@dataclass(slots=True)
class _Trace:
    card: Card
    until: float
    guise: bool
    last_address: str | None = None
    addresses: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Traces:
    """
    Those whose connections ended in the last 12 hours, 5,000 at most. Where there are more, whoever goes
    takes the place of who went first from the same address, else of who went first: so one address, however
    often it comes and goes, has nobody forgotten who came from elsewhere. It lives in memory alone.

    `now` is in monotonic seconds.
    """

    _traces: dict[PersonId, _Trace] = field(default_factory=dict)
    _from: dict[str | None, dict[PersonId, None]] = field(default_factory=dict)

    def note(self, card: Card, address: str | None, now: float, *, guise: bool = False) -> None:
        """
        Remember that a connection of theirs has ended, and from where it came; `guise` if it was one of the
        tutorial's wire.
        """
        trace = self._pop(card.id) or _Trace(card, 0.0, guise)
        trace.card, trace.until, trace.last_address = card, now + KEPT_SECONDS, address
        if address is not None:
            trace.addresses.pop(address, None)
            trace.addresses[address] = None
            if len(trace.addresses) > MOST_ADDRESSES:
                del trace.addresses[next(iter(trace.addresses))]
        self._forget(now)
        if len(self._traces) >= MOST_TRACES:
            self._pop(next(iter(self._from.get(address) or self._traces)))
        self._traces[card.id] = trace
        self._from.setdefault(address, {})[card.id] = None

    def addresses(self, person: PersonId, now: float) -> tuple[str, ...]:
        """
        From where they came, the last ones last.
        """
        self._forget(now)
        trace = self._traces.get(person)
        return () if trace is None else tuple(trace.addresses)

    def card(self, person: PersonId, now: float) -> Card | None:
        """
        How they were called.
        """
        self._forget(now)
        trace = self._traces.get(person)
        return None if trace is None else trace.card

    def guise(self, id: PersonId) -> bool:
        """
        Whether that was somebody of the tutorial's wire.
        """
        trace = self._traces.get(id)
        return trace is not None and trace.guise

    def _forget(self, now: float) -> None:
        # Whoever went last stands last, and is remembered the longest.
        while self._traces:
            oldest = next(iter(self._traces))
            if self._traces[oldest].until > now:
                return
            self._pop(oldest)

    def _pop(self, person: PersonId) -> _Trace | None:
        trace = self._traces.pop(person, None)
        if trace is not None:
            of_address = self._from[trace.last_address]
            del of_address[person]
            if not of_address:
                del self._from[trace.last_address]
        return trace
