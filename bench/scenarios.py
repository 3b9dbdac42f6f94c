"""
The scenarios: which servers run in each, under what load, and what chatd should reach there.
"""

from __future__ import annotations

from bench import figures
from bench.figures import Goal
from bench.scenario import Case, Scenario

V1 = ("--subprotocol", "chatd.v1", "--bytes", "120")


def _plain(*names: str) -> tuple[Case, ...]:
    titles = {
        "chatd": "chatd, durable",
        "go": "Go tutorial",
        "floor": "C floor, one send a message",
        "floor-batch": "C floor, one send a batch",
        "nchan": "nchan in nginx",
        "ws": "ws on Node",
        "websockets": "websockets (Python)",
        "picows": "picows on uvloop (Python)",
    }
    return tuple(Case(name, name, titles[name]) for name in names)


ALL = ("chatd", "go", "floor", "floor-batch", "nchan", "ws", "websockets", "picows")
SINGLE = tuple(name for name in ALL if name != "floor-batch")
# The first figure of a scenario is the one that its picture shows and its ratios are made of.
_PACED = ("cpu_us_per_delivery", "deliveries_per_second", "p50_ms", "p99_ms", "cpu_percent")
_FLOODED = ("deliveries_per_second", "cpu_us_per_delivery", "p50_ms", "p99_ms", "cpu_percent")

_LIST = (
    Scenario(
        "paced",
        "1000 listeners, 20 messages a second",
        "paced",
        _plain(*ALL),
        {
            "full": "--clients 1000 --writers 20 --rate 20 --seconds 4",
            "smoke": "--clients 20 --writers 4 --rate 100 --seconds 0.7 --warmup 0.1 --settle 0.1",
        },
        figures.fanout,
        _PACED,
        (
            Goal("CPU a delivery, to the Go tutorial's", "chatd", "cpu_us_per_delivery", 0.75, "go"),
            Goal("CPU a delivery, to the floor's", "chatd", "cpu_us_per_delivery", 1.6, "floor"),
        ),
        ("go", "floor"),
    ),
    Scenario(
        "flooded",
        "1000 listeners, 50 writers that write again when they hear themselves",
        "flooded",
        _plain(*ALL),
        {
            "full": "--clients 1000 --writers 50 --seconds 3 --warmup 1",
            "smoke": "--clients 20 --writers 5 --seconds 0.7 --warmup 0.1 --settle 0.1",
        },
        figures.fanout,
        _FLOODED,
        (
            Goal(
                "deliveries a second, to the Go tutorial's",
                "chatd",
                "deliveries_per_second",
                10,
                "go",
                at_least=True,
            ),
            Goal("p99, to the Go tutorial's", "chatd", "p99_ms", 0.3, "go"),
        ),
        ("go", "floor"),
    ),
    Scenario(
        "quiet",
        "20 listeners, one message at a time: from sending to the last listener",
        "quiet",
        _plain(*SINGLE),
        {
            "full": "--clients 20 --writers 5 --rate 50 --count 150",
            "smoke": "--clients 5 --writers 2 --rate 500 --count 10 --settle 0.1",
        },
        figures.quiet,
        ("p50_ms", "p99_ms", "cpu_us_per_delivery"),
        (Goal("p50, more than the Go tutorial's by (ms)", "chatd", "p50_ms", 1.5, "go", difference=True),),
        ("go", "floor"),
    ),
    Scenario(
        "intake",
        "50 writers, each alone in a room, as fast as they are acknowledged",
        "intake",
        (Case("chatd", "chatd", "chatd, durable", V1),),
        {
            "full": "--clients 50 --seconds 4 --warmup 1",
            "smoke": "--clients 5 --seconds 0.7 --warmup 0.1 --settle 0.1",
        },
        figures.intake,
        ("acknowledged_per_second", "p50_ms", "p99_ms", "cpu_percent"),
        (Goal("durable messages a second", "chatd", "acknowledged_per_second", 5000, at_least=True),),
    ),
    Scenario(
        "rooms",
        "1000 clients in 100 rooms, 2 messages a second in each; and all in one room, as many deliveries",
        "rooms",
        (
            Case("chatd", "chatd", "chatd, 100 rooms of 10", V1),
            Case("chatd-one", "chatd", "chatd, one room of 1000", V1),
        ),
        {
            "full": "--clients 1000 --seconds 6 --settle 6",
            "smoke": "--clients 20 --seconds 0.7 --warmup 0.1 --settle 0.1",
        },
        figures.fanout,
        _PACED,
        (Goal("CPU a delivery, to that of one room", "chatd", "cpu_us_per_delivery", 3.5, "chatd-one"),),
        ("chatd-one",),
    ),
    Scenario(
        "handshake",
        "the tutorial's wire, behind the Site, 8 at a time",
        "handshake",
        _plain(*SINGLE),
        {"full": "--clients 2200 --parallel 8", "smoke": "--clients 44 --parallel 8 --settle 0.1"},
        figures.handshake,
        ("cpu_us_per_connection",),
        (Goal("CPU a connection (µs)", "chatd", "cpu_us_per_connection", 600),),
        ("go", "floor"),
    ),
    Scenario(
        "idle",
        "10,000 connections that say nothing",
        "idle",
        (
            Case("chatd", "chatd", "chatd, the tutorial's wire"),
            Case("chatd-joined", "chatd", "chatd, after hello and one join", V1),
            *_plain("go", "floor", "nchan"),
        ),
        {
            "full": "--clients 10000 --sources 4 --seconds 25 --settle 3 --limit 240",
            "smoke": "--clients 50 --sources 4 --seconds 0.7 --settle 0.1",
        },
        figures.idle,
        ("pss_kib_per_connection", "rss_kib_per_connection", "idle_cpu_percent", "pings_per_connection"),
        (
            Goal("memory (PSS) a connection, tutorial's wire (KiB)", "chatd", "pss_kib_per_connection", 12),
            Goal("memory (PSS) a connection, joined (KiB)", "chatd-joined", "pss_kib_per_connection", 16),
            Goal("CPU with pings, tutorial's wire (%)", "chatd", "idle_cpu_percent", 3),
            Goal("CPU with pings, joined (%)", "chatd-joined", "idle_cpu_percent", 3),
        ),
        ("go",),
        with_memory=True,
        rounds=3,
        note=(
            "chatd pings a silent client every 25 s. The window is that long, and begins when each has been"
            " pinged once; the others ping nobody."
        ),
    ),
    Scenario(
        "storm",
        "10,000 clients come back at once: hello, join, resume of 20 messages; 50 others talk meanwhile",
        "storm",
        (Case("chatd", "chatd", "chatd, durable", V1),),
        {
            "full": "--clients 10000 --sources 4 --rate 20 --settle 6 --warmup 1 --limit 240",
            "smoke": "--clients 50 --sources 4 --rate 50 --settle 0.2 --warmup 0.2",
        },
        figures.storm,
        ("cpu_us_per_connection", "p50_ms", "p99_ms", "max_ms", "seconds"),
        (
            Goal("CPU a connection (µs)", "chatd", "cpu_us_per_connection", 1000),
            Goal("p99 of those connected (ms)", "chatd", "p99_ms", 250),
        ),
        rounds=3,
        note="The 50 talk in a room of their own at 20 messages a second; what that costs is counted in.",
    ),
    Scenario(
        "wss-paced",
        "500 listeners over TLS 1.3, 20 messages a second",
        "paced",
        _plain("chatd", "go"),
        {
            "full": "--clients 500 --writers 20 --rate 20 --seconds 4 --tls",
            "smoke": "--clients 10 --writers 4 --rate 100 --seconds 0.7 --warmup 0.1 --settle 0.1 --tls",
        },
        figures.fanout,
        _PACED,
        (Goal("CPU a delivery, to the Go tutorial's", "chatd", "cpu_us_per_delivery", 1.4, "go"),),
        ("go",),
        tls=True,
    ),
    Scenario(
        "wss-flooded",
        "500 listeners over TLS 1.3, 50 writers that write again when they hear themselves",
        "flooded",
        _plain("chatd", "go"),
        {
            "full": "--clients 500 --writers 50 --seconds 3 --warmup 1 --tls",
            "smoke": "--clients 10 --writers 5 --seconds 0.7 --warmup 0.1 --settle 0.1 --tls",
        },
        figures.fanout,
        _FLOODED,
        (
            Goal(
                "deliveries a second, to the Go tutorial's",
                "chatd",
                "deliveries_per_second",
                4,
                "go",
                at_least=True,
            ),
        ),
        ("go",),
        tls=True,
    ),
    Scenario(
        "growth",
        "one client's commands on a store that is small, and on one of ten million messages",
        "growth",
        (
            Case("chatd", "chatd", "chatd, 10,000,000 messages", V1, {"full": 10_000_000, "smoke": 20_000}),
            Case("chatd-small", "chatd", "chatd, 10,000 messages", V1, {"full": 10_000, "smoke": 2_000}),
        ),
        {"full": "--clients 1 --count 100", "smoke": "--clients 1 --count 3"},
        figures.growth,
        ("append_ms", "join_ms", "page_back_ms", "resume_ms"),
        tuple(
            Goal(f"{words}, to that at 10,000", "chatd", f"{command}_ms", 1.5, "chatd-small")
            for command, words in (
                ("append", "append"),
                ("join", "join with 50"),
                ("page_back", "page back"),
                ("resume", "resume of 1000"),
            )
        ),
        ("chatd-small",),
    ),
    Scenario(
        "slow",
        "one of 1000 listeners does not read; 20 messages a second",
        "paced",
        (
            Case("chatd", "chatd", "chatd, one does not read", ("--slow",)),
            Case("chatd-without", "chatd", "chatd, all read"),
        ),
        {
            "full": "--clients 1000 --writers 20 --rate 20 --seconds 4 --fill",
            "smoke": "--clients 10 --writers 4 --rate 100 --seconds 0.7 --warmup 0.1 --settle 0.1 --fill",
        },
        figures.fanout,
        ("p99_ms", "p50_ms", "cpu_us_per_delivery", "slow_held_kib"),
        (
            Goal(
                "the others' p99 less 5 ms, to that without", "chatd", "p99_ms", 1.5, "chatd-without", slack=5
            ),
        ),
        ("chatd-without",),
        note=(
            "Before the window all are sent 5 MB, more than the kernel holds for one connection; afterwards"
            " the slow one reads all of it, in order."
        ),
    ),
)

# What a case has of its own in one size: by scenario, size and case.
_OWN = {
    ("rooms", "full", "chatd"): "--rooms 100 --rate 200",
    ("rooms", "full", "chatd-one"): "--rooms 1 --rate 2",
    ("rooms", "smoke", "chatd"): "--rooms 4 --rate 80",
    ("rooms", "smoke", "chatd-one"): "--rooms 1 --rate 20",
    ("idle", "full", "chatd"): "--pinged",
    ("idle", "full", "chatd-joined"): "--pinged",
}


def load_options(scenario: Scenario, case: Case, size: str) -> list[str]:
    """
    The generator's options for one case in one size.
    """
    own = _OWN.get((scenario.name, size, case.name), "")
    return [*scenario.sizes[size].split(), *case.options, *own.split()]


SCENARIOS = {scenario.name: scenario for scenario in _LIST}
