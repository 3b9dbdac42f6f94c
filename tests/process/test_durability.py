"""
Disks that are full, and files that are damaged or moved away, under the real daemon; and the order of its
system calls.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import pytest
from websockets.exceptions import ConnectionClosed

from tests.chat_client import ChatClient
from tests.daemon import TWISTD, Daemon, environment, fetch, free_port, wait_until

MESSAGES = 50
FILE = "chatd.sqlite3"
SECONDS = 20
HEALING_SECONDS = 15.0
"""Far above the five that are promised: how long it took is no matter of a test that shares its machine."""


@pytest.fixture
def unlimited(tmp_path: Path) -> Iterator[Daemon]:
    """A daemon without limits of rate."""
    with Daemon(tmp_path / "daemon", flags=("--message-rate", "0")) as running:
        yield running


# The order of system calls


@contextlib.contextmanager
def traced(pid: int, output: Path) -> Iterator[None]:
    """
    Have strace write down the calls of a process, as long as the block lasts.
    """
    calls = "trace=fsync,fdatasync,pwrite64,sendto,sendmsg,write,writev"
    command = ["strace", "-f", "-yy", "-s", "65536", "-e", calls, "-o", str(output), "-p", str(pid)]
    tracer = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        if b"attached" not in said:
            tracer.wait(SECONDS)
            pytest.skip(f"strace may not look at a process here: {said.decode().strip()}")
        yield
    finally:
        if tracer.poll() is None:
            tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=SECONDS)


@dataclass(slots=True)
class Call:
    """A system call: where in the trace it began and where it returned."""

    text: str
    begun: int
    returned: int
    result: str

    @property
    def is_sync_of_log(self) -> bool:
        """Whether it is a sync of the write-ahead log that did not fail."""
        return self.text.startswith(("fdatasync(", "fsync(")) and "-wal>" in self.text and self.result == "0"

    @property
    def is_write_of_log(self) -> bool:
        """Whether it writes into the write-ahead log."""
        return self.text.startswith("pwrite64(") and "-wal>" in self.text

    @property
    def is_send(self) -> bool:
        """Whether it sends something to a client."""
        return self.text.startswith(("sendto(", "sendmsg(", "write(", "writev(")) and "TCP" in self.text


def calls(lines: list[str]) -> list[Call]:
    """
    The calls in a trace, in the order in which they began; threads are told apart.
    """
    found: list[Call] = []
    open_calls: dict[str, Call] = {}
    for place, line in enumerate(lines):
        thread, _, text = line.partition(" ")
        text = text.strip()
        if text.startswith("<... "):
            call = open_calls.pop(thread)
            call.returned, call.result = place, text.rpartition("= ")[2].split(" ")[0]
        elif text.endswith("<unfinished ...>"):
            open_calls[thread] = Call(text, place, len(lines), "")
            found.append(open_calls[thread])
        elif text[:1].isalpha():
            found.append(Call(text, place, place, text.rpartition("= ")[2].split(" ")[0]))
    return found


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not there")
def test_nobody_hears_of_a_message_before_the_log_is_on_the_disk(unlimited: Daemon, tmp_path: Path) -> None:
    output = tmp_path / "trace"

    async def talk() -> None:
        writer, reader = [await ChatClient.connect(unlimited.port) for _ in range(2)]
        for client, name in ((writer, "ada"), (reader, "bob")):
            await client.hello(name=name)
            await client.join()
        with traced(unlimited.pid, output):
            for number in range(MESSAGES):
                await writer.say(f"word-{number:03}.", ref=f"ref-{number:03}.")
                assert (await reader.expect("message"))["text"] == f"word-{number:03}."
        for client in (writer, reader):
            await client.cut()

    asyncio.run(talk())
    trace = calls(output.read_text("utf-8", "replace").splitlines())
    syncs = [call for call in trace if call.is_sync_of_log]
    for number in range(MESSAGES):
        word, ref = f"word-{number:03}.", f"ref-{number:03}."
        written = next(call for call in trace if call.is_write_of_log and word in call.text)
        synced = next(call for call in syncs if call.begun >= written.returned)
        told = [call for call in trace if call.is_send and (word in call.text or ref in call.text)]
        # To the writer, with the message, and to the reader.
        assert sum(call.text.count(word) for call in told) >= 2
        assert any(ref in call.text for call in told)
        assert min(call.begun for call in told) > synced.returned, f"{word} was told too early"
    assert len(syncs) >= MESSAGES


# A disk without room


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """
    A file system of that size.
    """
    folder.mkdir()
    mounting = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "chatd-test", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounting.returncode:
        pytest.skip(f"nothing can be mounted here: {mounting.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def say_until_refused(client: ChatClient, done: dict[str, int]) -> None:
    """
    Fill the disk with messages, and note those that are done.
    """
    for number in range(1000):
        cid = f"c{len(done)}-{number}"
        await client.send({"type": "say", "room": "lobby", "text": cid + "x" * 3000, "cid": cid, "ref": cid})
        answer = await client.receive()
        while answer.get("ref") != cid:
            answer = await client.receive()
        if answer["type"] == "refused":
            assert answer["code"] == "read_only"
            assert answer["retry_after"] > 0
            return
        done[cid] = answer["offset"]
    raise AssertionError("the disk never got full")


async def say_in_the_end(client: ChatClient, done: dict[str, int]) -> float:
    """
    Try until something is done; after how many seconds that was.
    """
    begun = time.monotonic()
    while time.monotonic() < begun + HEALING_SECONDS:
        with contextlib.suppress(AssertionError):
            done["healed"] = (await client.say("healed", cid="healed"))["offset"]
            return time.monotonic() - begun
        await asyncio.sleep(0.2)
    raise AssertionError("there is room again, and nothing is written")


async def heard(port: int) -> dict[str, int]:
    """
    All that somebody who comes now can read, whose offsets have no gap: offsets by cid.
    """
    client = await ChatClient.connect(port)
    await client.hello()
    joined = await client.join(limit=0)
    found: dict[str, int] = {}
    offsets: list[int] = []
    before: int | None = None
    while before != 1:
        place = {} if before is None else {"before": before}
        await client.send({"type": "history", "room": "lobby", "limit": 100, **place})
        events = (await client.expect("page"))["events"]
        if not events:
            break
        before = events[0]["offset"]
        offsets = [event["offset"] for event in events] + offsets
        found |= {event["cid"]: event["offset"] for event in events}
    await client.cut()
    assert offsets == list(range(1, joined["head"] + 1))
    return found


async def fill_and_heal(daemon: Daemon, make_room: Callable[[], object]) -> None:
    """
    Write until there is no room, read, make room, and write again: nothing is lost, and nothing is shown that
    was not kept.
    """
    done: dict[str, int] = {}
    writer, listener = [await ChatClient.connect(daemon.port) for _ in range(2)]
    await listener.hello()
    await listener.join(limit=0)
    await writer.hello(name="ada")
    await writer.join(limit=0)
    await say_until_refused(writer, done)
    assert len(done) > 10
    assert fetch(f"{daemon.url}/readyz")[0] == 503
    assert await heard(daemon.port) == done
    make_room()
    seconds = await say_in_the_end(writer, done)
    print(f"writing again after {seconds:.1f} s")
    assert fetch(f"{daemon.url}/readyz")[0] == 200
    assert await heard(daemon.port) == done
    told = {}
    while len(told) < len(done):
        event = await listener.expect("message")
        told[event["cid"]] = event["offset"]
    assert told == done
    for client in (writer, listener):
        await client.cut()
    await asyncio.to_thread(daemon.kill)
    await asyncio.to_thread(daemon.start)
    assert await heard(daemon.port) == done
    assert "Traceback" not in daemon.log
    assert daemon.log.count("The store takes no writes: the disk") == 1


def test_a_full_disk_refuses_and_is_read_and_heals(tmp_path: Path) -> None:
    """On a file system of 600 KB."""
    with small_disk(tmp_path / "disk", "1m") as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(150_000))
        daemon = Daemon(tmp_path / "daemon", flags=("--message-rate", "0", "--data", str(disk)))
        with daemon:
            asyncio.run(fill_and_heal(daemon, ballast.unlink))


def test_a_file_that_may_not_grow_refuses_and_is_read_and_heals(unlimited: Daemon) -> None:
    """Where nothing can be mounted: a limit of the process on the size of its files."""
    size = max(path.stat().st_size for path in (unlimited.data, *unlimited.data.iterdir()))

    def limit(bytes_: int) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.prlimit(unlimited.pid, resource.RLIMIT_FSIZE, (bytes_, hard))

    limit(size + 600_000)
    asyncio.run(fill_and_heal(unlimited, lambda: limit(resource.RLIM_INFINITY)))


# What may lie there at a start


@dataclass(slots=True)
class Remains:
    """The files that a daemon has left that was killed, with ten messages in them."""

    folder: Path

    @property
    def path(self) -> Path:
        """The database."""
        return self.folder / FILE

    def beside(self, end: str) -> Path:
        """A file beside the database."""
        return self.path.with_name(FILE + end)

    def settle(self) -> None:
        """Have the whole log in the database."""
        connection = apsw.Connection(str(self.path))
        # The first look opens the log; without it there would be nothing to copy, and no error.
        connection.execute("SELECT count(*) FROM event").fetchall()
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        connection.close()

    def content(self) -> dict[str, bytes]:
        """The files that matter and are not empty, by name."""
        return {
            path.name: path.read_bytes()
            for path in self.folder.iterdir()
            if path.is_file() and path.stat().st_size and not path.name.endswith(("-shm", ".lock"))
        }


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a daemon that was killed after ten messages."""
    folder = tmp_path_factory.mktemp("killed")

    async def talk(port: int) -> None:
        client = await ChatClient.connect(port)
        await client.hello(name="ada")
        await client.join()
        for number in range(10):
            await client.say(f"text {number}", cid=str(number))
        await client.cut()

    with Daemon(folder) as daemon:
        asyncio.run(talk(daemon.port))
        daemon.kill()
        return daemon.data


def empty(remains: Remains) -> None:
    remains.settle()
    remains.path.write_bytes(b"")


def empty_beside_its_log(remains: Remains) -> None:
    remains.path.write_bytes(b"")
    remains.beside(".lock").unlink()


def gone(remains: Remains) -> None:
    remains.settle()
    remains.path.unlink()


def cut_short(remains: Remains) -> None:
    remains.settle()
    os.truncate(remains.path, remains.path.stat().st_size // 2)


def cut_to_its_beginning(remains: Remains) -> None:
    remains.settle()
    os.truncate(remains.path, 50)


def garbage_at_its_beginning(remains: Remains) -> None:
    remains.settle()
    with open(remains.path, "r+b") as file:
        file.write(b"\xa5" * 100)


def garbage_in_its_schema(remains: Remains) -> None:
    remains.settle()
    with open(remains.path, "r+b") as file:
        file.seek(100)
        file.write(b"\xa5" * 3000)


def newer(remains: Remains) -> None:
    connection = apsw.Connection(str(remains.path))
    connection.pragma("user_version", 999)
    connection.close()


def another_log(remains: Remains) -> None:
    remains.settle()
    path = remains.folder / "other"
    other = apsw.Connection(str(path))
    other.pragma("journal_mode", "wal")
    other.execute("CREATE TABLE store (epoch, commits); INSERT INTO store VALUES ('other', 99)")
    shutil.copy(f"{path}-wal", remains.beside("-wal"))
    other.close()
    path.unlink()


def a_folder(remains: Remains) -> None:
    remains.settle()
    remains.path.unlink()
    remains.path.mkdir()


def of_another_program(remains: Remains) -> None:
    remains.path.unlink()
    remains.beside("-wal").unlink()
    connection = apsw.Connection(str(remains.path))
    connection.execute("CREATE TABLE recipe (name)")
    connection.close()


DAMAGES: dict[Callable[[Remains], None], str] = {
    empty: "is empty, and there was a chat in it",
    empty_beside_its_log: "is empty, and there was a chat in it (beside it: ",
    gone: "has gone, and there was a chat in it",
    cut_short: "is damaged; `chatd check` says what is wrong",
    cut_to_its_beginning: "is not a database",
    garbage_at_its_beginning: "is not a database, or is damaged",
    garbage_in_its_schema: "is damaged; `chatd check` says what is wrong",
    newer: "was written by a newer chatd (its schema is 999",
    another_log: "is not the log of this database",
    a_folder: "is a folder, and should be the file of a database",
    of_another_program: "is a database of another program",
}


def chatd(*arguments: str) -> subprocess.CompletedProcess[str]:
    """
    Run the command to its end.
    """
    return subprocess.run(
        [sys.executable, "-m", "chatd", *arguments],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def refusal_to_start(data: Path) -> str:
    """
    The one line with which the daemon does not start.
    """
    tried = chatd("--port", str(free_port()), "--interface", "127.0.0.1", "--data", str(data))
    said = tried.stdout + tried.stderr
    assert tried.returncode == 1, said
    assert "Traceback" not in said
    lines = [line for line in tried.stderr.splitlines() if line.startswith("chatd: ")]
    assert len(lines) == 1, said
    return lines[0]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_no_chat_is_begun_where_one_was_lost(
    damage: Callable[[Remains], None], killed: Path, tmp_path: Path
) -> None:
    """One clear line, and the files stay as they are."""
    remains = Remains(tmp_path / "data")
    shutil.copytree(killed, remains.folder)
    damage(remains)
    before = remains.content()
    line = refusal_to_start(remains.folder)
    assert DAMAGES[damage] in line
    assert str(remains.path) in line
    assert remains.content() == before


def test_a_page_that_is_damaged_is_told_in_one_line_and_costs_nobody_else(
    killed: Path, tmp_path: Path
) -> None:
    remains = Remains(tmp_path / "data")
    shutil.copytree(killed, remains.folder)
    remains.settle()
    connection = apsw.Connection(str(remains.path))
    root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'private_room'").get
    connection.close()
    with open(remains.path, "r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xa5" * 4096)

    async def walk(daemon: Daemon) -> None:
        for number in range(3):
            client = await ChatClient.connect(daemon.port)
            await client.send({"type": "hello", "name": f"bob{number}"})
            # Somebody new would not know who they are, and has to begin anew.
            with pytest.raises(ConnectionClosed) as closed:
                await client.receive()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1011
        # Who needs nothing of that page reads on.
        assert len(await heard(daemon.port)) == 10

    with Daemon(tmp_path / "daemon", flags=("--data", str(remains.folder))) as daemon:
        asyncio.run(walk(daemon))
        assert "Traceback" not in daemon.log
        assert daemon.log.count("The store cannot be read: the database is damaged") == 1
        checked = chatd("check", "--data", str(remains.folder))
        assert (checked.returncode, checked.stderr) == (1, "")
        assert "is damaged:" in checked.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_database_that_may_not_be_written_is_one_line(killed: Path, tmp_path: Path) -> None:
    """Root may write everywhere, so it becomes nobody before it opens its files."""
    remains = Remains(tmp_path / "data")
    shutil.copytree(killed, remains.folder)
    remains.settle()
    before = remains.content()
    where = ("--port", str(free_port()), "--interface", "127.0.0.1", "--data", str(remains.folder))
    tried = subprocess.run(
        [TWISTD, "-n", "--uid=65534", "--gid=65534", "chatd", *where],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    said = tried.stdout + tried.stderr
    assert tried.returncode == 1, said
    assert "Traceback" not in said
    lines = [line for line in tried.stderr.splitlines() if line.startswith("chatd: ")]
    assert len(lines) == 1, said
    assert "cannot be used: Permission denied" in lines[0]
    assert remains.content() == before


def test_a_database_that_another_program_writes_is_not_used(killed: Path, tmp_path: Path) -> None:
    remains = Remains(tmp_path / "data")
    shutil.copytree(killed, remains.folder)
    other = apsw.Connection(str(remains.path))
    other.pragma("locking_mode", "exclusive")
    other.execute("BEGIN IMMEDIATE")
    assert "is in use by another program" in refusal_to_start(remains.folder)
    other.execute("ROLLBACK")
    other.close()
    with Daemon(tmp_path / "daemon", flags=("--data", str(remains.folder))) as daemon:
        assert len(asyncio.run(heard(daemon.port))) == 10


# What may happen to the files of a daemon that runs


def test_a_database_that_is_moved_away_is_written_no_more(unlimited: Daemon) -> None:
    path, aside = unlimited.data / FILE, unlimited.data / "aside"

    async def refused(client: ChatClient) -> dict[str, Any]:
        await client.send({"type": "say", "room": "lobby", "text": "lost", "cid": "lost", "ref": "lost"})
        answer = await client.receive()
        assert answer["type"] == "refused", answer
        return answer

    async def walk() -> None:
        done: dict[str, int] = {}
        client = await ChatClient.connect(unlimited.port)
        await client.hello(name="ada")
        await client.join(limit=0)
        await client.expect("live")
        done["before"] = (await client.say("before", cid="before"))["offset"]
        os.rename(path, aside)
        assert (await refused(client))["code"] == "read_only"
        path.write_bytes(aside.read_bytes())
        assert (await refused(client))["code"] == "read_only"
        assert fetch(f"{unlimited.url}/readyz")[0] == 503
        os.replace(aside, path)
        await say_in_the_end(client, done)
        await client.cut()
        assert await heard(unlimited.port) == done
        wait_until(lambda: fetch(f"{unlimited.url}/readyz")[0] == 200)

    asyncio.run(walk())
    assert "Traceback" not in unlimited.log
    assert unlimited.log.count(f"{path} has gone; put it back, or stop chatd") == 1
    checked = chatd("check", "--data", str(unlimited.data))
    assert (checked.returncode, checked.stdout) == (
        0,
        f"{path} is whole: 1 rooms, 2 messages, 1 people\n",
    )


def test_the_ids_of_system_calls_are_told_apart() -> None:
    """The reading of a trace."""
    lines = [
        '10 pwrite64(5</d/chatd.sqlite3-wal>, "word-1", 6, 0) = 6',
        "10 fdatasync(5</d/chatd.sqlite3-wal> <unfinished ...>",
        '11 sendto(7<TCP:[1]>, "other", 5, 0, NULL, 0) = 5',
        "10 <... fdatasync resumed>) = 0",
        '11 sendto(7<TCP:[1]>, "word-1", 6, 0, NULL, 0) = 6',
    ]
    found = calls(lines)
    assert [(call.begun, call.returned) for call in found] == [(0, 0), (1, 3), (2, 2), (4, 4)]
    assert [call.is_sync_of_log for call in found] == [False, True, False, False]
    assert [call.is_send for call in found] == [False, False, True, True]
    assert re.match(r"pwrite64\(", found[0].text)
