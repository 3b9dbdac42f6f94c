"""
What fails when a protection is taken out: `python -m tests.protections` takes each out, in a copy of the
checkout, runs the test that is named for it, and wants it to fail.

A protection that could go unnoticed is one that will be gone one day. `--table` writes tests/protections.md.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
PATIENCE = 60
"""For how many seconds a test is waited for. Each takes a few."""
TABLE = Path(__file__).with_suffix(".md")


@dataclass(slots=True, frozen=True)
class Protection:
    """
    Some lines of a file without which nothing is protected, what takes their place, and the test that
    notices.
    """

    name: str
    path: str
    lines: str
    instead: str
    test: str


PROTECTIONS = (
    Protection(
        "every commit is synced (`synchronous=FULL`)",
        "chatd/store/sqlite_file.py",
        'pragma("synchronous", "full")',
        'pragma("synchronous", "normal")',
        "tests/store/test_power_cut.py::PowerCutTests::test_nothing_that_was_acknowledged_is_lost_when_the_power_is_cut",
    ),
    Protection(
        "who publishes before who answers",
        "chatd/store/sqlite.py",
        "                self._publish(settled.batch)\n",
        "                self._reactor.callLater(0, self._publish, settled.batch)\n",
        "tests/contracts/test_sqlite_store.py",
    ),
    Protection(
        "the origin check",
        "chatd/net/door.py",
        "            self._factory.origin_rule.check(",
        "            self._factory.origin_rule.check and print(",
        "tests/net/test_door.py::RefusalTests::test_the_origin_of_another_host_is_told_the_option_that_lets_it_in",
    ),
    Protection(
        "a recipient that is full is not written to",
        "chatd/core/room.py",
        "not (outbox.full or listener.held or listener.behind)",
        "not (listener.held or listener.behind)",
        "tests/core/test_cursors.py::SlowReaderTest::test_a_slow_reader_gets_nothing_until_it_reads_and_then_everything",
    ),
    Protection(
        "a recipient that is broken is no other's trouble",
        "chatd/net/delivery.py",
        "            except OSError:",
        "            except NotImplementedError:",
        "tests/net/test_delivery.py::DeliveryTests::test_one_that_is_broken_or_gone_does_not_keep_the_others_from_theirs",
    ),
    Protection(
        "a task that fails is its own connection's trouble",
        "chatd/net/connection.py",
        "        except Exception:  # noqa: BLE001\n            self._failed()\n        finally:",
        "        finally:",
        "tests/net/test_websocket.py",
    ),
    Protection(
        "time to greet",
        "chatd/core/session.py",
        "        self.hub.deadlines.at(now + HELLO_SECONDS, check)\n",
        "",
        "tests/core/test_greeting.py",
    ),
    Protection(
        "a reader that has stopped",
        "chatd/net/outbox.py",
        "            self.close(CloseCode.SLOW, CloseCode.SLOW.reason)\n            return\n",
        "            pass\n",
        "tests/net/test_outbox.py::OutboxTests::test_a_reader_that_takes_nothing_for_thirty_seconds_is_closed_as_slow",
    ),
    Protection(
        "silence",
        "chatd/net/pulse.py",
        "            self.outbox.close(CloseCode.NO_PONG, CloseCode.NO_PONG.reason)\n",
        "",
        "tests/net/test_websocket.py::LifeTests::test_a_client_that_says_nothing_for_ten_seconds_more_is_given_up",
    ),
    Protection(
        "a message that trickles",
        "chatd/net/patience.py",
        "            self.outbox.close(CloseCode.POLICY, CloseCode.POLICY.reason)\n",
        "            pass\n",
        "tests/net/test_websocket.py::ViolationTests::test_a_message_that_trickles_is_given_ten_seconds",
    ),
    Protection(
        "a goodbye that is not answered",
        "chatd/net/outbox.py",
        "            self.deadlines.at(self.seconds() + CLOSE_SECONDS, self._end)\n",
        "",
        "tests/net/test_outbox.py::OutboxTests::test_a_connection_that_does_not_go_is_aborted_two_seconds_after_its_close",
    ),
    Protection(
        "headers that trickle",
        "chatd/net/channel.py",
        "        # Past HTTPChannel's own, which starts the timeout anew at each byte.\n",
        "        self.resetTimeout()\n",
        "tests/net/test_channel.py",
    ),
    Protection(
        "the size of a message",
        "chatd/net/messages.py",
        "self._message_length > self.maxMessagePayloadSize or",
        "False or",
        "tests/net/test_websocket.py::ViolationTests::test_fragments_that_are_too_much_together",
    ),
    Protection(
        "its size before a greeting",
        "chatd/net/messages.py",
        "not self.greeted and",
        "False and",
        "tests/net/test_websocket.py::ViolationTests::test_more_than_four_kilobytes_before_one_is_greeted",
    ),
    Protection(
        "its fragments",
        "chatd/net/messages.py",
        "self._fragments > self.fragments",
        "False",
        "tests/net/test_websocket.py::ViolationTests::test_a_message_in_more_than_sixteen_fragments",
    ),
    Protection(
        "pings and pongs",
        "chatd/net/messages.py",
        "            self._count_control_frame()\n",
        "            pass\n",
        "tests/net/test_websocket.py::ViolationTests::test_more_than_ten_pings_or_pongs_in_a_second",
    ),
    Protection(
        "connections of an address",
        "chatd/net/admission.py",
        "not 0 < self.most_of_address < self._by_address[address]",
        "True",
        "tests/net/test_admission.py::AcceptedTests::test_one_that_is_too_much_is_told_so_before_it_asks",
    ),
    Protection(
        "connections in all",
        "chatd/net/admission.py",
        "(self.most, self.descriptors)",
        "(self.descriptors,)",
        "tests/net/test_door.py::RefusalTests::test_no_more_come_in_than_there_is_room_for",
    ),
    Protection(
        "descriptors",
        "chatd/service.py",
        "self.factory.admission.descriptors = max(",
        "_ = max(",
        "tests/process/test_limits.py",
    ),
    Protection(
        "messages a second",
        "chatd/core/talk.py",
        "    wait = session.messages.take(now)\n",
        "    wait = 0.0\n",
        "tests/core/test_session.py::RateTest::test_messages_over_the_rate_are_refused",
    ),
    Protection(
        "other commands a second",
        "chatd/core/session.py",
        "            self.pace(self.messages if kind is Post else self._commands, now)\n",
        "            pass\n",
        "tests/core/test_session.py::RateTest::test_other_commands_are_slowed_and_not_refused",
    ),
    Protection(
        "refusals",
        "chatd/core/session.py",
        "            self.close(CloseCode.FLOOD, CloseCode.FLOOD.reason)\n",
        "            pass\n",
        "tests/core/test_session.py::FloodTest::test_the_hundred_and_first_refusal_in_ten_seconds_closes_the_connection",
    ),
    Protection(
        "unanswered commands",
        "chatd/core/session.py",
        "self._unanswered + self.cursors.owed < MAX_UNANSWERED",
        "True",
        "tests/core/test_session.py::OrderTest::test_at_most_thirty_two_commands_are_unanswered",
    ),
    Protection(
        "what was pruned is not passed over in silence",
        "chatd/core/cursors.py",
        "CloseCode.RESYNC,",
        "CloseCode.SLOW,",
        "tests/core/test_pruning.py",
    ),
    Protection(
        "whose word a proxy's is",
        "chatd/net/forwarded.py",
        "        if not self.trusts(peer):\n            return self.peer(peer, secure=secure)\n",
        "",
        "tests/net/test_forwarded.py",
    ),
    Protection(
        "the clock on the wall",
        "chatd/net/clock.py",
        "    reactor.seconds = lambda: monotonic() + ahead\n",
        "    _ = ahead\n",
        "tests/net/test_clock.py",
    ),
)


def copy_checkout(folder: Path) -> Path:
    """
    A copy of what a test needs.
    """
    copy = folder / "checkout"
    left_out = shutil.ignore_patterns(".git", ".venv", "build", "__pycache__", ".hypothesis", ".*_cache")
    shutil.copytree(CHECKOUT, copy, ignore=left_out)
    return copy


def is_noticed(protection: Protection, copy: Path) -> bool:
    """
    Whether the test fails without it. Raises `LookupError` if there is nothing to be taken out.
    """
    path = copy / protection.path
    whole = path.read_text("utf-8")
    if whole.count(protection.lines) < 1:
        raise LookupError(f"{protection.path} has no {protection.lines!r}")
    path.write_text(whole.replace(protection.lines, protection.instead), "utf-8")
    try:
        run = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", protection.test]
        ended = subprocess.run(run, cwd=copy, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        # Some take themselves in turns as long as they are let.
        return True
    finally:
        path.write_text(whole, "utf-8")
    # 1 is pytest's word for tests that failed; any other is a test that could not be run.
    if ended.returncode not in (0, 1):
        raise LookupError(f"{protection.test} cannot be run:\n{ended.stdout}{ended.stderr}")
    return ended.returncode == 1


def table() -> str:
    """
    All of them, for people.
    """
    lines = [
        "# What fails when a protection is taken out",
        "",
        "Written by `python -m tests.protections --table`. Without `--table` that takes each out, in a copy",
        "of the checkout, and wants the test to fail. `make torture` does so too.",
        "",
        "| protection | where | test |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {each.name} | {each.path} | {each.test.replace('::', ' ')} |" for each in PROTECTIONS]
    return "\n".join(lines) + "\n"


def main() -> int:
    """
    Try all, or those whose name has one of the words; the answer is how many went unnoticed.
    """
    parser = argparse.ArgumentParser(description="Take each protection out and see its test fail.")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--table", action="store_true", help="only write tests/protections.md")
    chosen = parser.parse_args()
    if chosen.table:
        TABLE.write_text(table(), "utf-8")
        return 0
    unnoticed = 0
    with tempfile.TemporaryDirectory(prefix="chatd-protections-") as folder:
        copy = copy_checkout(Path(folder))
        for protection in PROTECTIONS:
            if chosen.words and not any(word in protection.name for word in chosen.words):
                continue
            try:
                noticed = is_noticed(protection, copy)
            except LookupError as why:
                noticed = False
                print(why)
            unnoticed += not noticed
            print(f"{'noticed  ' if noticed else 'UNNOTICED'} {protection.name}", flush=True)
    return unnoticed


if __name__ == "__main__":
    sys.exit(main())
