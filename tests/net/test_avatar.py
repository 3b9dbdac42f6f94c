"""
The picture that an id and initials make.
"""

from __future__ import annotations

import re
from urllib.parse import quote
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.net.avatar import _luminance, find_avatar

IDS = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=16, max_size=16)


def ground(content):
    return re.search(rb'fill="#([0-9a-f]{6})"', content.body)[1].decode()


class AvatarTests(SynchronousTestCase):
    def test_it_shows_the_initials(self):
        for query, initials in (
            (b"A", "A"),
            (b"AB", "AB"),
            (b"7", "7"),
            (b"%C3%84b", "Äb"),
            ("字".encode(), "字"),
        ):
            drawn = ElementTree.fromstring(find_avatar(b"/avatar/abc.svg", query).body)
            self.assertEqual(drawn[1].text, initials)
            self.assertEqual(drawn[1].get("fill"), "#fff")

    def test_it_is_the_same_each_time(self):
        first, second = (find_avatar(b"/avatar/abc.svg", b"A") for _ in range(2))
        self.assertEqual(first, second)

    def test_another_person_has_another_colour(self):
        colours = {ground(find_avatar(b"/avatar/a%d.svg" % number, b"A")) for number in range(50)}
        self.assertGreater(len(colours), 40)

    def test_the_name_does_not_change_the_colour(self):
        self.assertEqual(
            ground(find_avatar(b"/avatar/abc.svg", b"A")), ground(find_avatar(b"/avatar/abc.svg", b"B"))
        )

    @given(IDS)
    def test_white_can_be_read_on_every_colour(self, person):
        colour = ground(find_avatar(f"/avatar/{person}.svg".encode(), b"A"))
        contrast = 1.05 / (_luminance(tuple(bytes.fromhex(colour))) + 0.05)
        self.assertGreaterEqual(contrast, 4.5)

    def test_anything_else_than_one_or_two_letters_or_digits_is_not_drawn(self):
        for query in (
            b"",
            b"ABC",
            b"%3C",
            b"<",
            b"%26",
            b"A%20",
            b"%",
            b"%F",
            b"%FF",
            b"%ED%A0%80",
            b"%E2%80%AE",
            b"%CC%81",
            b"A&x=1",
            b"%F0%9F%98%80",
            b"_",
            b"A" * 10_000,
        ):
            self.assertIsNone(find_avatar(b"/avatar/abc.svg", query), query)

    def test_letters_that_nobody_can_see_are_not_drawn(self):
        for letter in "\u115f\u1160\u17b4\u180b\u3164\ufe0f\uffa0\U000e0100":
            for text in (letter, "A" + letter, letter + "A"):
                self.assertIsNone(find_avatar(b"/avatar/abc.svg", quote(text).encode()), ascii(text))

    def test_an_id_that_is_none_is_not_drawn(self):
        for path in (
            b"/avatar/.svg",
            b"/avatar/ABC.svg",
            b"/avatar/" + b"a" * 33 + b".svg",
            b"/avatar/a.png",
            b"/avatar/a",
            b"/avatar/a.svg/",
            b"/avatar/../a.svg",
            b"/avatar/%61.svg",
            b"/avatar/a.svg\n",
        ):
            self.assertIsNone(find_avatar(path, b"A"), path)

    @given(st.binary(max_size=30))
    def test_no_query_makes_anything_but_well_formed_text(self, query):
        content = find_avatar(b"/avatar/abc.svg", query)
        if content is not None:
            ElementTree.fromstring(content.body)
