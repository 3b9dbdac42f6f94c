"""
The client that the README shows does what the README says.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from tests.chat_client import ChatClient
from tests.daemon import Daemon

README = Path(__file__).parent.parent.parent / "README.md"


def test_the_readmes_client_misses_nothing_when_the_daemon_is_killed(tmp_path: Path) -> None:
    """It is code of about twenty lines."""
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1
    assert len(blocks[0].splitlines()) <= 25
    shown: dict[str, Any] = {"__name__": "shown"}
    exec(compile(blocks[0], str(README), "exec"), shown)
    heard: list[str] = []

    async def say(daemon: Daemon, name: str, room: str, *texts: str) -> None:
        writer = await ChatClient.connect(daemon.port)
        await writer.hello(name=name)
        await writer.join(room)
        for text in texts:
            await writer.say(text, room)
        await writer.cut()

    async def walk(daemon: Daemon) -> None:
        following = asyncio.create_task(
            shown["follow"](daemon.ws_url, "lobby", lambda event: heard.append(event["text"]))
        )
        watcher = await ChatClient.connect(daemon.port)
        await watcher.hello()
        await watcher.join()
        follower: dict[str, str] = {}
        while follower.get("name") != "follower":
            follower = (await watcher.receive()).get("who", {})
        await say(daemon, "ada", "lobby", "one", "two")
        # What is said elsewhere is none of its business, and must not move its position.
        await say(daemon, "eve", f"@{follower['id']}", "psst", "psst!", "psst!!")
        await asyncio.to_thread(daemon.kill)
        await asyncio.to_thread(daemon.start)
        await say(daemon, "bob", "lobby", "three")
        async with asyncio.timeout(20):
            while len(heard) < 3:
                await asyncio.sleep(0.02)
        following.cancel()
        await watcher.cut()

    with Daemon(tmp_path) as daemon:
        asyncio.run(walk(daemon))
    assert heard == ["one", "two", "three"]
