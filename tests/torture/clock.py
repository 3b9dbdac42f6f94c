"""
P12: the wall clock does not matter.
"""

from __future__ import annotations

import asyncio
import datetime
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.torture.book import Broken
from tests.torture.client import Client, Place, Refused
from tests.torture.neighbours import ROOM, Crowd
from tests.torture.stage import Measure, Stage
from tests.torture.watch import descriptors_are_back, percentile, quiet_descriptors

HOUR = 3600
HELLO_SECONDS = 10.0
PEOPLE = 20
_LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1")


def library() -> Path | None:
    """
    Where libfaketime is; None if it is not installed.
    """
    for pattern in _LIBRARIES:
        for path in Path("/").glob(pattern[1:]):
            return path
    return None


@dataclass(slots=True)
class Silent:
    """
    Somebody who never says hello, and when they came and were sent away.
    """

    client: Client
    came: float
    went: float = 0.0

    @classmethod
    async def come(cls, place: Place) -> Silent:
        """
        Connect, and say nothing.
        """
        one = cls(await Client.open(place), time.monotonic())
        one.client.ended.add_done_callback(one._note)
        return one

    def _note(self, _: Any) -> None:
        self.went = time.monotonic()

    async def is_sent_away(self) -> None:
        """
        With the right code, and in time.
        """
        async with asyncio.timeout(40):
            ending = await asyncio.shield(self.client.ended)
        if ending.code != 4503:
            raise Broken(f"who never says hello is sent away with {ending}")
        if self.went - self.came < HELLO_SECONDS - 1:
            raise Broken(f"somebody new was sent away after {self.went - self.came} s")


async def clock(stage: Stage) -> None:
    """
    The wall clock leaps an hour forth and back, again and again, while people talk and others only listen.
    """
    leaps, seconds = stage.of((20, 5.0), (6, 3.0), (3, 0.5))
    path = library()
    if path is None:
        raise Broken("libfaketime is not installed (the Debian package is libfaketime)")
    wall = stage.folder / "wall"
    _set(wall, 0)
    fake = {
        "LD_PRELOAD": str(path),
        "FAKETIME_TIMESTAMP_FILE": str(wall),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with stage.daemon(rates=True, **fake) as daemon:
        place = Place(daemon.port)
        before = await quiet_descriptors(daemon.pid)
        crowd = Crowd(stage)
        await crowd.come(place, place, PEOPLE)
        # The library reads a file whenever the server looks at the clock: what that costs is not the leaps'.
        still = max([await crowd.talk(seconds, 20) for _ in range(3)])
        seen: list[float] = []
        delays = []
        silent = []
        for number in range(leaps):
            ahead = (HOUR, 0, -HOUR, 0)[number % 4]
            silent.append(await Silent.come(place))
            _set(wall, ahead)
            await asyncio.sleep(0.1)
            seen.append(await _wall_of(crowd) - ahead)
            await _is_limited(place, f"limited-{number}")
            delays.append(await crowd.talk(seconds, 20))
            await crowd.check()
        # Ten seconds for a hello are ten seconds, also for those before whom an hour has passed.
        for one in silent:
            await one.is_sent_away()
        await crowd.leave()
        await descriptors_are_back(daemon.pid, before)
    if any(abs(each) > 60 for each in seen):
        raise Broken(f"the wall clock did not leap for the server: it is off by {seen}")
    stage.row(
        "P12",
        f"{leaps} leaps of an hour forth and back under {PEOPLE} who talk",
        Measure("p99, median of the leaps", percentile(delays, 50), "ms"),
        Measure("after the worst", max(delays), "ms"),
        Measure("p99 under libfaketime without a leap", still, "ms"),
    )


def _set(wall: Path, ahead: int) -> None:
    # In one step: the server reads it whenever it looks at the clock.
    new = wall.with_suffix(".new")
    new.write_text(f"{ahead:+d}")
    os.replace(new, wall)


async def _wall_of(crowd: Crowd) -> float:
    """
    How many seconds the server's clock is ahead of ours.
    """
    told: list[dict[str, Any]] = []
    reader = crowd.people[0].reader
    talker = crowd.people[1].client
    assert talker is not None
    reader.hears, before = told.append, reader.hears
    await talker.say(ROOM, "what time is it?")
    async with asyncio.timeout(10):
        while not told:
            await asyncio.sleep(0.01)
    reader.hears = before
    return datetime.datetime.fromisoformat(told[0]["at"]).timestamp() - time.time()


async def _is_limited(place: Place, name: str) -> None:
    """
    Twenty at once and five a second, as always.
    """
    client = await Client.open(place)
    await client.hello(name=name)
    await client.join(ROOM, limit=0)
    begun = time.monotonic()
    answers = await asyncio.gather(
        *(client.say(ROOM, f"quickly {number}") for number in range(40)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    done = len(answers) - len(refused)
    # Those that came a little later had a token or two more.
    most = 21 + 5 * (time.monotonic() - begun)
    await client.leave()
    if not 20 <= done <= most or any(not 0 < each.reply["retry_after"] < 10 for each in refused):
        raise Broken(f"{done} of 40 were done at once, the others had {[each.reply for each in refused[:3]]}")
