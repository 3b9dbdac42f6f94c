"""
A daemon that keeps little, and readers that are too slow for it.
"""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
from websockets.exceptions import ConnectionClosed

from tests.chat_client import ChatClient
from tests.daemon import Daemon

KEPT = 5
# More than the kernel takes for somebody who does not read.
MESSAGES = 640
TEXT = "\N{SNAKE}" * 4000


async def connect_slowly(daemon: Daemon, subprotocol: str | None) -> ChatClient:
    """
    A client whose kernel keeps little for it.
    """
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    connection.connect(("127.0.0.1", daemon.port))
    connection.setblocking(False)
    return await ChatClient.connect(daemon.port, subprotocol, sock=connection, max_queue=1)


async def kept_from(client: ChatClient) -> int:
    """
    The offset of the first event that can still be read in the lobby.
    """
    await client.send({"type": "history", "room": "lobby", "after": 0, "limit": 1})
    page = await client.expect("page")
    return int(page["events"][0]["offset"])


async def read_to_the_end(client: ChatClient) -> tuple[list[Any], tuple[int, str]]:
    """
    All messages that still come, and how the connection ends.
    """
    heard = []
    try:
        while True:
            message = json.loads(await client.receive_text())
            if message.get("type", "message") == "message":
                heard.append(message)
    except ConnectionClosed as closed:
        end = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
    return heard, end


def test_who_is_behind_what_was_pruned_is_sent_to_resume_and_nobody_else_notices(tmp_path: Path) -> None:
    """On both wires; and the history goes on from what is kept, also after a restart."""
    flags = ("--message-rate", "0", "--history-messages", str(KEPT))

    async def walk(daemon: Daemon) -> dict[str, Any]:
        slow = await connect_slowly(daemon, "chatd.v1")
        token = (await slow.hello(name="slow"))["token"]
        joined = await slow.join(limit=0)
        await slow.expect("live")
        old = await connect_slowly(daemon, None)
        healthy, writer = [await ChatClient.connect(daemon.port) for _ in range(2)]
        await healthy.hello(name="healthy")
        await healthy.join(limit=0)
        await writer.hello(name="writer")
        await writer.join(limit=0)

        async def hear() -> list[int]:
            return [(await healthy.expect("message"))["offset"] for _ in range(MESSAGES)]

        hearing = asyncio.create_task(hear())
        for _ in range(MESSAGES):
            await writer.say(TEXT)
        async with asyncio.timeout(25):
            while await kept_from(writer) <= MESSAGES - KEPT:
                await asyncio.sleep(0.1)
        assert await hearing == list(range(1, MESSAGES + 1))

        heard, end = await read_to_the_end(slow)
        assert end == (4002, "resync")
        assert [event["offset"] for event in heard] == list(range(1, len(heard) + 1))
        assert len(heard) < MESSAGES - KEPT
        heard_of_old, end = await read_to_the_end(old)
        assert end == (4002, "resync")
        assert 0 < len(heard_of_old) < MESSAGES - KEPT

        back = await ChatClient.connect(daemon.port)
        await back.hello(token=token)
        position = {"after": heard[-1]["offset"], "id": heard[-1]["id"], "epoch": joined["epoch"]}
        again = await back.join(**position)
        assert (again["recovered"], again["head"]) == (False, MESSAGES)
        kept = [(await back.expect("message"))["offset"] for _ in range(KEPT)]
        assert kept == list(range(MESSAGES - KEPT + 1, MESSAGES + 1))
        await writer.say("the healthy one is still here")
        assert (await healthy.expect("message"))["offset"] == MESSAGES + 1
        for client in (back, healthy, writer):
            await client.cut()
        return position

    async def after_a_restart(daemon: Daemon, position: dict[str, Any]) -> None:
        client = await ChatClient.connect(daemon.port)
        await client.hello(name="late")
        joined = await client.join(**position)
        assert (joined["recovered"], joined["head"]) == (False, MESSAGES + 1)
        assert await kept_from(client) > MESSAGES - KEPT
        assert (await client.say("on it goes"))["offset"] == MESSAGES + 2
        await client.cut()

    with Daemon(tmp_path, flags=flags) as daemon:
        position = asyncio.run(walk(daemon))
        assert f"a room keeps the last {KEPT} messages" in daemon.log
        daemon.kill()
        daemon.start()
        asyncio.run(after_a_restart(daemon, position))
        assert daemon.stop() == 0
        assert "Traceback" not in daemon.log


def test_what_is_older_than_the_days_goes_at_the_next_start_and_the_rest_stays(tmp_path: Path) -> None:
    """The room that it empties is still there, and so is the memory of what was said with which cid."""

    async def talk(daemon: Daemon) -> str:
        client = await ChatClient.connect(daemon.port)
        token = (await client.hello(name="ada"))["token"]
        for room in ("lobby", "Attic"):
            await client.join(room, limit=0)
            for number in range(1, 4):
                await client.say(str(number), room, cid=f"{room} {number}")
        await client.cut()
        return str(token)

    async def look(daemon: Daemon, token: str) -> None:
        client = await ChatClient.connect(daemon.port)
        epoch = (await client.hello(token=token))["epoch"]
        await client.join(limit=0)
        async with asyncio.timeout(20):
            while await kept_from(client) < 3:
                await asyncio.sleep(0.1)
        for after, recovered in ((3, True), (2, False)):
            joined = await client.join("attic", after=after, epoch=epoch)
            assert (joined["room"], joined["head"], joined["recovered"]) == ("Attic", 3, recovered)
            assert (await client.expect("live"))["offset"] == 3
        assert (await client.say("1", "attic", cid="Attic 1"))["offset"] == 1
        assert (await client.say("4", "attic"))["offset"] == 4
        await client.cut()

    with Daemon(tmp_path) as daemon:
        token = asyncio.run(talk(daemon))
        daemon.stop()
        day_ms = 24 * 3600 * 1000
        with closing(apsw.Connection(str(daemon.data / "chatd.sqlite3"))) as database:
            old = "offset < 3 OR room = (SELECT number FROM room WHERE name = 'Attic')"
            for table in ("event", "cid"):
                database.execute(f"UPDATE {table} SET at_ms = at_ms - ? WHERE {old}", (3 * day_ms,))
        daemon.flags = ("--history-days", "2")
        daemon.start()
        asyncio.run(look(daemon, token))
        assert daemon.stop() == 0
        assert "a room keeps the last 2 days" in daemon.log
        assert "Traceback" not in daemon.log
