"""
P10: stopping and reloading are graceful.
"""

from __future__ import annotations

import asyncio
import signal
import ssl
import time
from pathlib import Path

from cryptography import x509

from tests.certificates import Pair, common_name, make_pair
from tests.daemon import Daemon
from tests.torture.book import Book, Broken
from tests.torture.client import Client, Ending, Place
from tests.torture.neighbours import Crowd, tls_flags
from tests.torture.people import Reader, Writer, read_all
from tests.torture.stage import Measure, Stage
from tests.torture.watch import descriptors_are_back, percentile, quiet_descriptors

WRITERS = 6
READERS = 3
GUESTS = 20
ROOMS = ("lobby", "attic")
STOP_SECONDS = 5.0
# Longer than promised: how long it took is told in the table.
_PATIENCE_SECONDS = 20.0


async def stops(stage: Stage) -> None:
    """
    SIGTERM again and again while people write and read.
    """
    wanted = stage.of(50, 10, 3)
    book, stopped = Book(), asyncio.Event()
    seconds: list[float] = []
    with stage.daemon() as daemon:
        place = Place(daemon.port)
        writers = [Writer(f"w{number}", book, ROOMS, stage.random) for number in range(WRITERS)]
        readers = [Reader(f"r{number}", book, ROOMS) for number in range(READERS)]
        for person in writers:
            await person.arrive(place)
        for reader in readers:
            (await reader.attend(place, limit=0)).cut()
        working = [asyncio.create_task(person.write(place)) for person in writers]
        working += [asyncio.create_task(reader.keep_reading(place, stopped)) for reader in readers]
        for number in range(wanted):
            # Some have not said hello, or do not read; neither may hold up the end.
            guests = [await Client.open(place) for _ in range(GUESTS)]
            deaf = [await _deaf(place, f"d{number}-{each}") for each in range(2)]
            await asyncio.sleep(stage.random.uniform(0.05, 0.8))
            seconds.append(await _stop(daemon))
            _told_apart([await guest.ended for guest in guests])
            for client in deaf:
                client.cut()
            await asyncio.to_thread(daemon.start)
        for person in writers:
            person.stopped = True
        stopped.set()
        await asyncio.gather(*working)
        await read_all(book, place, ROOMS, readers)
        book.check()
    stage.row(
        "P10",
        f"{wanted} times SIGTERM under {WRITERS} writers, {READERS} readers, {GUESTS} who say nothing and "
        "two who do not read",
        Measure("acknowledged", len(book.done)),
        Measure("exit after, median", percentile(seconds, 50), "s", STOP_SECONDS),
        Measure("slowest", max(seconds), "s", STOP_SECONDS),
    )
    await _reloads(stage)


def _told_apart(told: list[Ending]) -> None:
    """
    Each is asked to come back, at a time of their own.
    """
    if {ending.code for ending in told} != {4000}:
        raise Broken(f"a stop is told with {told}")
    pauses = {ending.reason.removeprefix("shutdown retry_ms=") for ending in told}
    if not all(map(str.isdecimal, pauses)) or len(pauses) < len(told):
        raise Broken(f"not everybody is told another time to come back: {told}")


async def _deaf(place: Place, name: str) -> Client:
    client = await Client.open(place._replace(receive_buffer=4096))
    await client.hello(name=name)
    await client.join(ROOMS[0], limit=0)
    client.transport.pause_reading()
    for _ in range(30):
        client.send({"type": "history", "room": ROOMS[0], "limit": 200})
    return client


async def _stop(daemon: Daemon) -> float:
    begun = time.monotonic()
    daemon.signal(signal.SIGTERM)
    status = await asyncio.to_thread(daemon.wait, _PATIENCE_SECONDS)
    seconds = time.monotonic() - begun
    if status != 0:
        raise Broken(f"it ended with {status}:\n{daemon.log[-2000:]}")
    return seconds


async def _reloads(stage: Stage) -> None:
    """
    SIGHUP under load, mostly with another certificate: nobody is dropped, newcomers get the new one.
    """
    wanted, people = stage.of((50, 100), (10, 100), (3, 30))
    folder = stage.folder / "tls"
    tls_port, flags = tls_flags(folder)
    with stage.daemon(*flags) as daemon:
        plain, tls = Place(daemon.port), Place(tls_port, True)
        before = await quiet_descriptors(daemon.pid)
        crowd = Crowd(stage)
        await crowd.come(plain, tls, people)
        done = asyncio.Event()

        async def reload() -> None:
            for number in range(wanted):
                await asyncio.sleep(stage.random.uniform(0.05, 0.3))
                await _reload(daemon, tls, folder, make_pair(f"chat {number}"), broken=number % 3 == 2)
            done.set()

        reloading = asyncio.create_task(reload())
        while not done.is_set():
            if reloading.done():
                break
            await crowd.talk(0.5, 200)
        await reloading
        await crowd.check()
        await crowd.leave()
        await descriptors_are_back(daemon.pid, before)
    stage.row(
        "P10",
        f"{wanted} times SIGHUP with another certificate, some of them broken, under {people} who talk, half "
        "over TLS",
        Measure("messages", crowd.book.stored()),
    )


async def _reload(daemon: Daemon, tls: Place, folder: Path, pair: Pair, broken: bool) -> None:
    """
    Put another certificate in place and say so; one that is broken leaves the last one in use.
    """
    wanted = pair.name
    if broken:
        wanted = await _shown(tls)
        (folder / "cert.pem").write_bytes(pair.certificate[:200])
    else:
        pair.write(folder)
    daemon.signal(signal.SIGHUP)
    deadline = time.monotonic() + 10
    while (shown := await _shown(tls)) != wanted:
        if time.monotonic() > deadline:
            raise Broken(f"newcomers are shown {shown} and not {wanted}")
        await asyncio.sleep(0.02)


async def _shown(tls: Place) -> str:
    """
    The name in the certificate that a newcomer gets.
    """
    client = await Client.open(tls)
    connection: ssl.SSLObject = client.transport.get_extra_info("ssl_object")
    certificate = connection.getpeercert(binary_form=True)
    assert certificate is not None
    await client.leave()
    return common_name(x509.load_der_x509_certificate(certificate))
