"""
Clients who want to do harm, of many kinds at once, as a process of their own.

`python -m tests.torture.hostile '{"port": …}'` harms for so many seconds and prints as JSON how each kind of
connection ended.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.torture.client import CUT, Denied, Lost, Place
from tests.torture.harm import KINDS, Kind, Target
from tests.torture.proxy import Manners, Proxy
from tests.torture.stage import raise_descriptor_limit
from tests.torture.uploader import UPLOADS

AGAIN_SECONDS = (2.0, 6.0)
"""How long one who was thrown out waits before it comes back."""
MORE = 1.7
"""
How many there are for each that is to be there at once: some are on their way back, and come when there is
room among those.
"""


@dataclass(slots=True)
class Harm:
    """
    What became of the connections of one kind. `wrong` are endings that none of them should have had.
    """

    kind: Kind
    endings: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    alive: int = 0

    async def do(self, target: Target, room: asyncio.Semaphore, until: float) -> None:
        """
        Do it again and again, each time when the last connection has been ended by the server and there is
        room for another one.
        """
        while True:
            async with room:
                if time.monotonic() >= until:
                    return
                self.alive += 1
                begun = time.monotonic()
                ending = await self._once(target, until)
                lasted = time.monotonic() - begun
                self.alive -= 1
            self.endings[ending] += 1
            if ending == "stayed":
                # No wonder, if it had no more time than it may have.
                if self.kind.seconds is not None and lasted > self.kind.seconds:
                    self.wrong["stayed"] += 1
                    self.longest = max(self.longest, lasted)
            else:
                self.longest = max(self.longest, lasted)
                if ending not in self.kind.endings:
                    self.wrong[ending] += 1
            await asyncio.sleep(target.random.uniform(*AGAIN_SECONDS))

    async def _once(self, target: Target, until: float) -> str:
        try:
            async with asyncio.timeout(until - time.monotonic()):
                return await self.kind.do(target)
        except TimeoutError:
            # Still there at the end.
            return "stayed"
        except Denied as denied:
            return str(denied.status)
        except Lost as lost:
            return str(lost.ending.code)
        except OSError:
            return str(CUT)


async def harm(
    port: int, tls_port: int, count: int, seconds: float, seed: int, kinds: tuple[str, ...] = ()
) -> dict[str, Any]:
    """
    Have `count` of them be there for so long, half of them over TLS.
    """
    raise_descriptor_limit(20_000)
    draw = random.Random(seed)
    until = time.monotonic() + seconds
    harms = [Harm(kind) for kind in (*KINDS, UPLOADS) if not kinds or kind.name in kinds]

    def slowly() -> Manners:
        return Manners(delay_seconds=0.25, piece_bytes=512)

    async with Proxy(port, slowly, 4096) as slow, Proxy(tls_port, slowly, 4096) as slow_tls:
        doing = []
        room = asyncio.Semaphore(count)
        # Some are always on their way back.
        for number in range(round(count * MORE)):
            tls = number // len(harms) % 2 == 1
            place = Place(tls_port if tls else port, tls, 4096)
            through = Place((slow_tls if tls else slow).listening, tls, 4096)
            target = Target(place, through, random.Random(draw.random()))
            doing.append(asyncio.create_task(harms[number % len(harms)].do(target, room, until)))
            # What a crowd does that comes in one instant is another run.
            await asyncio.sleep(min(0.01, seconds / 20 / count))
        seen = [0]
        while time.monotonic() < until:
            await asyncio.sleep(0.25)
            seen.append(sum(each.alive for each in harms))
        await asyncio.gather(*doing, return_exceptions=False)
    return {
        "at_once": sorted(seen)[len(seen) // 2],
        "kinds": {
            each.kind.name: {
                "endings": dict(each.endings),
                "wrong": dict(each.wrong),
                "longest": round(each.longest, 1),
            }
            for each in harms
        },
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(harm(**json.loads(sys.argv[1])))))
