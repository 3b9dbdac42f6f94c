"""
Signing in beside talk: whoever tries passwords holds up nobody.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter

from tests.torture.client import Place
from tests.torture.neighbours import P99_MS, Crowd
from tests.torture.stage import Measure, Stage

PASSWORD = "correct horse battery"


async def post(port: int, what: str, told: dict[str, object]) -> int:
    """
    Ask for something of an account; the status.
    """
    body = json.dumps(told).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = (
            f"POST /account/{what} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        status = await reader.readline()
        return int(status.split()[1])
    finally:
        writer.transport.abort()


async def passwords(stage: Stage) -> None:
    """
    Fifty passwords at a time, right and wrong ones, beside a hundred people who talk.
    """
    rounds, seconds = stage.of((20, 30.0), (4, 10.0), (1, 3.0))
    with stage.daemon(rates=True) as daemon:
        crowd = Crowd(stage)
        await crowd.come(Place(daemon.port), Place(daemon.port))
        for number in range(10):
            asked = {"name": f"account{number}", "password": PASSWORD}
            assert await post(daemon.port, "sign-up", asked) == 200
        without = await crowd.talk(seconds, 100)
        answers: Counter[int] = Counter()

        async def sign_in() -> None:
            for _ in range(rounds):
                tries = (
                    {"name": f"account{each % 20}", "password": PASSWORD if each % 2 else f"wrong {each}"}
                    for each in range(50)
                )
                answers.update(
                    await asyncio.gather(*(post(daemon.port, "sign-in", asked) for asked in tries))
                )

        signing_in = asyncio.create_task(sign_in())
        beside = await crowd.talk(seconds, 100)
        await signing_in
        await crowd.check()
        await crowd.leave()
    stage.row(
        "accounts",
        f"{rounds} times 50 passwords at once, right and wrong, beside 100 people, 100 messages a second",
        Measure("signed in", answers[200]),
        Measure("wrong", answers[401]),
        Measure("told to wait", answers[429]),
        Measure("other answers", answers.total() - answers[200] - answers[401] - answers[429], "", 0),
        Measure("p99", beside, "ms", P99_MS),
        Measure("p99 without", without, "ms"),
    )
