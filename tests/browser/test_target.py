"""
The page before people, and other programs of its origin, that want to harm whoever looks at it.

No script runs, nothing is asked of another host and nothing is complained of in the console: the fixture
`people` looks at that in the end.
"""

from __future__ import annotations

import json

import pytest

from tests.browser.people import SEND, SURFACES, People, expect

pytestmark = pytest.mark.browser

NAMES = (
    "a" + "\u0301\u0300" * 15,
    "\u0e01" + "\u0e47" * 31,
    "\U00012219" * 32,
    "W" * 32,
    "\u05e9\u05dc\u05d5\u05dd" * 8,
    "\u0645\u064b\u064c\u064d\u064e" * 6,
    "\u0430d\u0430",
    "__proto__",
    "constructor",
    "toString",
    "-",
    "..",
)

ROOMS = (
    "W" * 50,
    "r" + "\u0301\u0300" * 24,
    "\U00012219" * 50,
    "\u05e9\u05dc\u05d5\u05dd" * 12,
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "-",
    "..",
    "...",
)

PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
CIDS = (
    PRINTABLE[:64],
    PRINTABLE[-64:],
    '"><img src=x onerror=alert(1)>',
    "'" * 64,
    " ",
    "__proto__",
    "constructor",
)

TEXTS = ("<img src=x onerror=alert(1)>", "javascript:alert(1)", "\u202egnp.exe", "\u0301" * 500 + "\n\t|")

MARKUP = "<img src=x onerror=alert(1)>"

KEEP = """([session, local]) => {
  sessionStorage.clear();
  for (const [key, value] of Object.entries(session)) sessionStorage.setItem(key, value);
  for (const [key, value] of Object.entries(local)) localStorage.setItem(key, value);
}"""

POST = """() => {
  const channel = new BroadcastChannel("chatd.forgotten");
  for (const one of [null, 7, "x", [], {}, { id: 7, name: {} }]) channel.postMessage(one);
}"""

FRAME = """url => {
  const frame = document.createElement("iframe");
  frame.src = url;
  document.body.append(frame);
  return new Promise((done) => { frame.onload = done; });
}"""


def test_hostile_people_rooms_and_cids_are_text_on_every_surface(people: People) -> None:
    ada = people.tab().join("ada")
    crowd = people.crowd
    rooms = [{"type": "join", "room": room} for room in ROOMS]
    replies = crowd.speak((name, rooms if name == NAMES[0] else []) for name in NAMES)
    assert [reply["type"] for one in replies for reply in one].count("refused") == 0
    expect(ada.present()).to_have_count(len(NAMES) + 1)
    me = next(one["id"] for one in replies[0][1]["members"] if one["name"] == "ada")

    # What they say, with every kind of cid; to which nothing answers, and typing.
    said: list[dict[str, object]] = [
        {"type": "say", "room": "lobby", "text": f"by {cid}", "cid": cid} for cid in CIDS
    ]
    said += [{"type": "say", "room": "lobby", "text": text, "reply_to": 1} for text in TEXTS]
    said += [{"type": "typing", "room": "lobby"}]
    psst = [{"type": "say", "room": f"@{me}", "text": MARKUP}]
    spoken = crowd.speak([(NAMES[0], said)])
    assert [reply["type"] for reply in spoken[0]] == ["done"] * len(said)
    crowd.speak((name, psst) for name in NAMES)
    # By the scripts of a page that is at the door.
    people.tab().page.evaluate(SEND, [json.dumps({"username": name, "message": "hi"}) for name in NAMES])
    expect(ada.messages()).to_have_count(len(CIDS) + len(TEXTS) + len(NAMES))
    expect(ada.page.locator(".side .room .picture")).to_have_count(len(NAMES))
    ada.looks_right()

    # Each room by its name, and by the name of another room in other letters.
    for room in (*ROOMS, "\uff2c\uff4f\uff42\uff42\uff59"):
        ada.enter(room)
        title = room if room in ROOMS else "lobby"
        ada.is_in(title)
        assert ada.page.locator("textarea").get_attribute("aria-label") == f"Message to {title}"
        ada.say(f"I am in {title}")
        ada.sees(f"I am in {title}")
        assert ada.page.evaluate(SURFACES) == []
    expect(ada.page.locator(".side .entry")).to_have_count(len(ROOMS) + 1 + len(NAMES))
    ada.looks_right()

    # Each person alone.
    for name in NAMES:
        ada.page.locator(".persons").get_by_role("button", name=name, exact=True).first.click()
        ada.page.locator(".heading h1 .name").get_by_text(name, exact=True).wait_for()
        assert ada.page.locator("textarea").get_attribute("aria-label") == f"Message to {name}"
        ada.sees(MARKUP)
        assert ada.page.evaluate(SURFACES) == []
        ada.enter("lobby")
        ada.is_in("lobby")

    # Whoever is being shown gets another name, and all of them go.
    ada.page.locator(".persons").get_by_role("button", name=NAMES[3], exact=True).click()
    crowd.speak([(NAMES[3], [{"type": "hello", "name": "M" * 32}])])
    ada.enter("lobby")
    ada.sees_notice("M" * 32)
    crowd.speak((name, [{"type": "leave", "room": "lobby"}]) for name in NAMES)
    expect(ada.present()).to_have_count(1)
    ada.looks_right()


def test_two_hundred_people_who_come_and_go_leave_the_page_in_order(people: People) -> None:
    ada = people.tab().join("ada")
    names = [f"{'W' * 28}{number}" for number in range(199)]
    people.crowd.speak((name, []) for name in names)
    expect(ada.present()).to_have_count(200)
    for command in ({"type": "leave", "room": "lobby"}, {"type": "join", "room": "lobby"}):
        people.crowd.speak((name, [command]) for name in names)
    expect(ada.present()).to_have_count(200)
    assert ada.page.locator(".happening").count() <= 30
    ada.looks_right()
    ada.say("still here")
    ada.sees("still here")


def test_whatever_another_program_left_in_the_storage_the_page_starts(people: People) -> None:
    ada = people.tab()
    deep = "[" * 5000 + "]" * 5000
    session = {
        "name": "ada",
        "email": MARKUP,
        "rooms": ["lobby", "__proto__", MARKUP, 7, "W" * 10**5],
        "active": "__proto__",
    }
    said = {"cid": "__proto__", "room": "lobby", "text": MARKUP}
    unsent = [
        said,
        said,
        said | {"cid": PRINTABLE[:64]},
        said | {"cid": "x", "text": "W" * 10**5},
        said | {"cid": "y", "room": 7},
        None,
        7,
    ]
    rubbish = (
        "",
        "{",
        "null",
        "7",
        deep,
        "[]",
        '{"name":"\\ud800"}',
        json.dumps({"name": MARKUP}),
        json.dumps({"name": "W" * 10**6}),
    )
    for value in rubbish:
        ada.page.evaluate(KEEP, [{"chatd.session": value}, {"chatd.token.ada": value}])
        ada.page.reload()
        ada.page.get_by_role("button", name="Join", exact=True).wait_for()
    # A token of the right form that nobody has, and one that would be too long to send.
    # Each under another name: one that somebody had a moment ago is not free yet.
    for name, token in (("bob", "W" * 10**5), ("eve", "nobody"), ("ida", MARKUP)):
        ada.page.evaluate(KEEP, [{}, {f"chatd.token.{name}": token}])
        ada.page.reload()
        ada.join(name)
        assert ada.page.evaluate(f"localStorage.getItem('chatd.token.{name}')") != token
        ada.page.evaluate(POST)
        ada.page.get_by_role("button", name="Log out").click()
        ada.page.get_by_role("button", name="Forget me in this browser").click()
        ada.page.get_by_role("button", name="Join", exact=True).wait_for()
    seen = dict.fromkeys(("chatd.seen.", "chatd.seen.x", "__proto__", "chatd"), '{"__proto__":-1}')
    ada.page.evaluate(KEEP, [{"chatd.session": json.dumps(session | {"unsent": unsent})}, seen])
    ada.page.reload()
    ada.page.locator(".composer").wait_for()
    ada.enter("lobby")
    expect(ada.messages()).to_have_count(2)
    assert ada.texts() == [MARKUP] * 2
    ada.looks_right()


def test_no_address_no_frame_and_no_opener_gets_anything_out_of_the_page(people: People) -> None:
    ada = people.tab()
    url = ada.page.url
    for tail in (
        f"#{MARKUP}",
        "#javascript:alert(1)",
        f"?{MARKUP}",
        "?room=__proto__#lobby",
        "index.html?x#messages",
    ):
        ada.page.goto(url + tail)
        ada.page.get_by_role("button", name="Join", exact=True).wait_for()
        assert ada.page.locator("#app img").count() == 1
    # Another site shows the page in a frame, and opens it in a window.
    elsewhere = people.browser().new_page()
    elsewhere.route(
        "http://elsewhere.test/*", lambda route: route.fulfill(content_type="text/html", body="<p>elsewhere")
    )
    elsewhere.goto("http://elsewhere.test/")
    elsewhere.evaluate(FRAME, url)
    assert elsewhere.frames[1].locator("#app").count() == 0
    with elsewhere.expect_popup() as popup:
        elsewhere.evaluate("url => { window.opened = window.open(url); }", url)
    popup.value.get_by_role("button", name="Join", exact=True).wait_for()
    assert popup.value.evaluate("window.opener") is None
    assert elsewhere.evaluate("opened.closed")
    elsewhere.context.close()
