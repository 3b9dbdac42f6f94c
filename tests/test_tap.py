"""
chatd as twistd starts it, without a process: its options, and what becomes of an error at the start.
"""

from __future__ import annotations

import atexit
import io
import os
import signal
import sys
from pathlib import Path

from twisted.application.service import IServiceMaker, Service
from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock
from twisted.plugin import getPlugins
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

import chatd
from chatd.config import OPTIONS, CannotStart, Surroundings
from chatd.tap import Launch, Options, makeService

AROUND = Surroundings({}, Path("/home/ada"), Path("/srv"))


class Parent(usage.Options):
    """
    As much of twistd's own options as matters here.
    """

    optFlags = [["nodaemon", "n", ""], ["syslog", "", ""]]
    optParameters = [
        ["pidfile", "", "twistd.pid"],
        ["logfile", "l", None],
        ["chroot", "", None],
        ["logger", "", None],
    ]
    subCommands = [["chatd", None, lambda: Options(AROUND), ""]]


def parse(*arguments):
    options = Options(AROUND)
    options.parseOptions(arguments)
    return options.config


def parse_with_twistd(*arguments):
    parent = Parent()
    parent.parseOptions(arguments)
    return parent


class OptionsTests(SynchronousTestCase):
    def refusal(self, *arguments):
        with self.assertRaises(SystemExit) as caught:
            parse(*arguments)
        self.assertNotIn("\n", caught.exception.code)
        return caught.exception.code

    def test_every_option_of_the_table_is_a_flag(self):
        docs = Options(AROUND).docs
        for option in OPTIONS:
            self.assertIn(option.help, docs[option.name])

    def test_flags_become_the_configuration(self):
        config = parse(
            "--port", "80", "--data=d", "--origin", "http://a", "--origin", "http://b", "--tutorial=off"
        )
        self.assertEqual(
            (config.port, config.data, config.origin, config.tutorial),
            ("80", Path("/srv/d"), ("http://a", "http://b"), False),
        )

    def test_the_last_of_two_flags_counts(self):
        self.assertEqual(parse("--port=1", "--port=2").port, "2")

    def test_what_is_wrong_is_one_line(self):
        self.assertEqual(self.refusal("--tutorial=x"), "chatd: --tutorial: 'x' is neither on nor off")
        self.assertEqual(self.refusal("--nonsense"), "chatd: option --nonsense not recognized")
        self.assertEqual(
            self.refusal("room"), "chatd: 'room' is no option; chatd takes options alone, such as --port 8000"
        )
        self.assertEqual(self.refusal("--port"), "chatd: option --port requires argument")

    def test_a_flag_that_is_on_or_off_takes_no_text(self):
        self.assertTrue(parse("--hsts", "--trusted-proxy=unix", "--listen=unix:/x").hsts)
        self.assertFalse(parse().hsts)
        self.assertIn("must not have an argument", self.refusal("--hsts=off"))

    def test_a_format_of_the_log_needs_a_log_that_has_one(self):
        for flag in ("--syslog", "--logger=x"):
            with self.assertRaises(SystemExit) as caught:
                parse_with_twistd("-n", flag, "chatd", "--log-format=json")
            self.assertIn("--log-format is for files and stdout", caught.exception.code)
            parse_with_twistd("-n", flag, "chatd", "--log-format=text")

    def test_it_says_its_version(self):
        out = io.StringIO()
        self.patch(sys, "stdout", out)
        with self.assertRaises(SystemExit) as caught:
            parse("--version")
        self.assertEqual((caught.exception.code, out.getvalue()), (0, f"chatd {chatd.__version__}\n"))

    def test_in_the_foreground_there_is_no_default_pid_file(self):
        self.assertEqual(parse_with_twistd("-n", "chatd")["pidfile"], "")
        self.assertEqual(parse_with_twistd("-n", "--pidfile=own.pid", "chatd")["pidfile"], "own.pid")
        self.assertEqual(parse_with_twistd("chatd")["pidfile"], "twistd.pid")

    def test_it_knows_whether_the_log_is_in_sight(self):
        for arguments, in_sight in (
            (["-n"], True),
            (["-n", "-l-"], True),
            (["-n", "-lx.log"], False),
            (["-n", "--syslog"], False),
            ([], False),
        ):
            self.assertEqual(
                parse_with_twistd(*arguments, "chatd").subOptions.log_is_in_sight, in_sight, arguments
            )

    def test_a_service_needs_options_that_have_been_parsed(self):
        self.assertRaises(ValueError, makeService, Options(AROUND))

    def test_twistd_finds_the_plugin(self):
        found = [plugin for plugin in getPlugins(IServiceMaker) if plugin.tapname == "chatd"]
        self.assertEqual([plugin.options for plugin in found], [Options])


class Inner(Service):
    """
    A service that fails where it is told to.
    """

    def __init__(self, privileged=None, started=None):
        self.privileged = privileged
        self.started = started
        self.calls = []

    def privilegedStartService(self):
        self.calls.append("privileged")
        if self.privileged:
            raise self.privileged

    def startService(self):
        self.calls.append("start")
        if isinstance(self.started, Exception):
            raise self.started
        return self.started

    def stopService(self):
        self.calls.append("stop")


class Reactor(MemoryReactorClock):
    stops = 0

    def stop(self):
        self.stops += 1

    def callFromThread(self, function, *arguments):
        function(*arguments)


class LaunchTests(SynchronousTestCase):
    def launch(self, inner, in_sight=True, twistd=None):
        # What they are set to is put back after the test.
        self.patch(sys, "excepthook", sys.excepthook)
        self.addCleanup(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        self.at_exit = []
        self.patch(atexit, "register", lambda *what: self.at_exit.append(what))
        self.stderr = io.StringIO()
        self.said = ""
        close = self.stderr.close

        def keep_and_close():
            self.said = self.stderr.getvalue()
            close()

        self.stderr.close = keep_and_close
        self.reactor = Reactor()
        return Launch(inner, self.reactor, self.stderr, in_sight, twistd)

    def exit(self):
        """
        Do what was put off until the process ends; the statuses with which it then would.
        """
        statuses = []
        self.patch(os, "_exit", statuses.append)
        while self.at_exit:
            function, *arguments = self.at_exit.pop()
            function(*arguments)
        return statuses

    def started(self, inner):
        launch = self.launch(inner)
        launch.privilegedStartService()
        launch.startService()
        return launch

    def test_it_starts_and_stops_what_it_launches(self):
        inner = Inner()
        launch = self.started(inner)
        self.assertTrue(self.stderr.closed)
        launch.stopService()
        self.assertEqual(inner.calls, ["privileged", "start", "stop"])
        self.assertEqual(self.said, "")

    def test_an_error_before_privileges_are_shed_is_one_line(self):
        launch = self.launch(Inner(privileged=CannotStart("the key does not fit")))
        self.assertRaises(CannotStart, launch.privilegedStartService)
        self.assertEqual(self.stderr.getvalue(), "chatd: the key does not fit\n")

    def test_no_traceback_follows_the_line(self):
        launch = self.launch(Inner(privileged=CannotStart("no")))
        self.assertRaises(CannotStart, launch.privilegedStartService)
        err = io.StringIO()
        self.patch(sys, "stderr", err)
        sys.excepthook(CannotStart, CannotStart("no"), None)
        self.assertEqual(err.getvalue(), "")

    def test_an_error_of_the_system_is_one_line(self):
        launch = self.launch(Inner(privileged=OSError(24, "Too many open files")))
        self.assertRaises(CannotStart, launch.privilegedStartService)
        self.assertEqual(self.stderr.getvalue(), "chatd: [Errno 24] Too many open files\n")

    def test_an_error_of_the_start_is_one_line(self):
        launch = self.launch(Inner(started=CannotStart("no room")))
        self.assertRaises(CannotStart, launch.startService)
        self.assertEqual(self.stderr.getvalue(), "chatd: no room\n")

    def test_a_mistake_of_ours_keeps_its_traceback(self):
        launch = self.launch(Inner(started=ZeroDivisionError()))
        hook = sys.excepthook
        self.assertRaises(ZeroDivisionError, launch.startService)
        self.assertIs(sys.excepthook, hook)

    def test_a_file_with_an_odd_name_makes_no_second_line(self):
        launch = self.launch(Inner(privileged=CannotStart("cannot read a\nb\x1b[2J")))
        self.assertRaises(CannotStart, launch.privilegedStartService)
        self.assertEqual(self.stderr.getvalue(), "chatd: cannot read a\\nb\\x1b[2J\n")

    def test_a_late_error_is_one_line_and_stops_the_reactor(self):
        late = Deferred()
        self.started(Inner(started=late))
        self.assertFalse(self.stderr.closed)
        late.errback(CannotStart("in use by another daemon"))
        self.assertEqual(self.stderr.getvalue(), "chatd: in use by another daemon\n")
        self.assertEqual(self.reactor.stops, 1)
        self.assertEqual(self.exit(), [1])

    def test_a_late_mistake_of_ours_is_logged(self):
        late = Deferred()
        self.started(Inner(started=late))
        late.errback(ZeroDivisionError())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(self.reactor.stops, 1)

    def test_who_started_a_daemon_waits_until_it_is_there(self):
        for outcome, status in (
            (None, b"0"),
            (CannotStart("no"), b"1 the line before this one says why"),
            (ZeroDivisionError(), b"1 starting failed"),
        ):
            read, write = os.pipe()
            self.addCleanup(os.close, read)
            twistd = {"statusPipe": write}
            late = Deferred()
            launch = self.launch(Inner(started=late), twistd=twistd)
            launch.startService()
            self.assertEqual(twistd, {})
            late.errback(outcome) if outcome else late.callback(None)
            self.exit()
            self.assertEqual(os.read(read, 200), status)
        self.flushLoggedErrors(ZeroDivisionError)

    def test_without_a_stderr_twistd_itself_tells_the_reason(self):
        self.launch(Inner())
        launch = Launch(Inner(privileged=CannotStart("no room")), self.reactor, None, True)
        with self.assertRaises(CannotStart) as caught:
            launch.privilegedStartService()
        self.assertEqual(str(caught.exception), "no room")

    def test_sigterm_stops_it_once_and_in_order(self):
        self.started(Inner())
        hook, arguments, _ = self.reactor.whenRunningHooks[0]
        hook(*arguments)
        for _ in range(2):
            signal.raise_signal(signal.SIGTERM)
        self.assertEqual(self.reactor.stops, 1)
