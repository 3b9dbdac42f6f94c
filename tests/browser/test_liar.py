"""
The page before a server that lies: no script runs, nothing is asked of another host, nothing is complained of
in the console, as the fixture `people` looks at in the end, and with a good server all is well again.
"""

from __future__ import annotations

import pytest

from tests.browser.liar import ADA, BOB, PAIR, Liar, always, joined, message, spoilt, welcome
from tests.browser.people import COVERED, People, expect

pytestmark = pytest.mark.browser

MARKUP = "<img src=x onerror=alert(1)>"

VALUES: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    2.5,
    10**30,
    "",
    MARKUP,
    "__proto__",
    "\u202egnp\u0000.exe",
    [],
    [[None]],
    {},
    {"id": 7},
)

AVATARS = (
    "javascript:alert(1)",
    "https://elsewhere.test/a.svg",
    "//elsewhere.test/a.svg",
    "/\t/elsewhere.test/a.svg",
    "/\\elsewhere.test/a.svg",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "/avatar/../healthz",
    "/avatar/%2e%2e/healthz",
    "/avatar/aaaaaaaaaaaaaaaa.svg?%3C",
    "/ws",
    "x" * 100_000,
)


def test_a_lying_server_breaks_nothing_with_any_part_of_any_frame(people: People) -> None:
    context = people.browser()
    liar = Liar(context)
    ada = people.tab(context).join("ada")
    frames = [
        message(1),
        message(1, room=PAIR, **{"with": BOB}),
        {"type": "live", "room": "lobby", "offset": 0},
        {"type": "present", "room": "lobby", "who": BOB},
        {"type": "absent", "room": "lobby", "who": BOB, "reason": "left"},
        {"type": "members", "room": "lobby", "count": 2, "members": [BOB]},
        {"type": "count", "room": "lobby", "count": 300},
        {"type": "me", "me": ADA},
        {"type": "done", "room": "lobby", "offset": 1, "id": "x"},
        {"type": "typing", "room": "lobby", "who": BOB},
    ]
    for frame in frames:
        liar.says(*spoilt(frame, VALUES))
    liar.says(
        "[]", "null", "7", '"hi"', "[" * 10_000 + "]" * 10_000, {"type": "weather"}, {"type": ["me"]}, {}
    )
    liar.says({"type": "members", "room": "lobby", "count": 2, "members": [ADA, BOB]})
    for offset in (10**9, -5, 3, 3, 1, 2):
        liar.says(message(offset))
    liar.says(joined(ref="1"), welcome(ref="2"), welcome(), joined())
    ada.looks_right()

    # What is asked is answered with every kind of lie, and the page asks for it again.
    for kind, frame in (("join", joined(**{"with": BOB})), ("hello", welcome(token="t"))):
        honest = liar.replies[kind]
        for number, lie in enumerate(spoilt(frame, (None, 7, MARKUP, [], {}))):
            liar.replies[kind] = always(lie)
            before = len(liar.asked)
            if number % 32 == 0:
                liar.hangs_up(4000, "shutdown retry_ms=0")
                while len(liar.asked) == before:
                    ada.page.wait_for_timeout(50)
            else:
                asked = liar.asked[-1]["ref"]
                liar.says(lie | {"ref": asked})
        liar.replies[kind] = honest
    assert ada.page.evaluate("document.querySelector('.chat, .door') !== null")

    # With a good server all is well again.
    liar.gives_way(ada)
    ada.enter("tea")
    ada.is_in("tea")
    ada.say("well again")
    ada.sees("well again")
    ada.looks_right()


def test_what_a_lying_server_says_of_rooms_and_people_is_text_and_asks_no_other_host(people: People) -> None:
    context = people.browser()
    liar = Liar(context)
    crowd = [BOB | {"id": f"p{number}", "avatar": avatar} for number, avatar in enumerate(AVATARS)]
    crowd += [
        BOB | {"id": f"n{number}", "name": name}
        for number, name in enumerate((MARKUP, "W" * 10**6, "\u202e\u2067x\ny"))
    ]
    pairs = [{"room": f"@{who['id']}", "head": 10**15, "with": who} for who in crowd]
    rooms = [
        {"room": room, "topic": MARKUP, "head": 1, "count": 10**15}
        for room in (MARKUP, "W" * 100, "a b", "__proto__")
    ]
    topic = "\u202e" + MARKUP + "W" * 10**6
    liar.replies["hello"] = lambda _: [welcome(rooms=[*pairs, *rooms])]
    liar.replies["rooms"] = lambda _: [{"type": "rooms", "rooms": rooms, "more": True}]
    liar.replies["join"] = lambda command: [
        joined(room=command["room"], topic=topic, members=[ADA, *crowd], count=10**15)
    ]
    liar.replies["say"] = lambda command: [
        {"type": "refused", "code": "constructor", "message": MARKUP * 10_000}
    ]
    liar.replies["history"] = lambda _: [{"type": "page", "room": "lobby", "events": [], "more": True}]
    ada = people.tab(context).join("ada")
    liar.says({"type": "live", "room": "lobby", "offset": 0})
    for offset, who in enumerate(crowd, 1):
        liar.says(
            message(offset, **{"from": who | {"via": MARKUP}}),
            {"type": "absent", "room": "lobby", "who": who, "reason": MARKUP},
        )
    liar.says(
        message(len(crowd) + 1, text="W" * 10**6),
        message(len(crowd) + 2, text=MARKUP, at=MARKUP, deleted=MARKUP),
    )
    ada.sees(MARKUP)
    ada.looks_right()
    ada.say("refused")
    ada.page.locator(".unsent.refused").wait_for()
    ada.looks_right()
    for part in (0, 0.5, 1):
        ada.page.locator("#messages").evaluate(
            "(box, part) => { box.scrollTop = part * box.scrollHeight; }", part
        )
        assert ada.page.evaluate(COVERED) == []
    # A page that brings nothing is not asked for again and again.
    ada.page.wait_for_timeout(500)
    assert [command["type"] for command in liar.asked].count("history") < 5
    for code, reason in ((4501, MARKUP), (4999, MARKUP)):
        liar.hangs_up(code, reason)
        ada.page.locator(".line.closed").wait_for()
        ada.looks_right()
        ada.page.get_by_role("button", name="Join again").click()
        expect(ada.page.locator(".line")).to_have_count(0)


def test_a_flood_and_rubbish_from_a_lying_server_pass(people: People) -> None:
    context = people.browser()
    liar = Liar(context)
    ada = people.tab(context).join("ada")
    liar.says({"type": "live", "room": "lobby", "offset": 0})
    for offset in range(1, 10_001):
        liar.says(message(offset, text=f"{offset} {MARKUP}"))
    ada.sees(f"10000 {MARKUP}")
    for _ in range(200):
        liar.says(message(20_000), {"type": "present", "room": "lobby", "who": BOB})
    # One hole is one question.
    ada.page.wait_for_timeout(100)
    assert [command["type"] for command in liar.asked].count("join") == 2
    ada.looks_right()
    for rubbish in ("{", b"\x00\xff", "", "x" * 10**6):
        lines = len(liar.lines)
        liar.says(rubbish)
        ada.comes_back()
        assert len(liar.lines) > lines
    liar.gives_way(ada)
    ada.say("well again")
    ada.sees("well again")
    ada.looks_right()
