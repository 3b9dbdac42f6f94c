"""
How many lines an address may cause, and what is told of the rest.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.trial.unittest import SynchronousTestCase

from chatd.ops.ration import OTHERS, Ration, ration_key


class RationTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.told: list[tuple[str, int]] = []
        self.ration = Ration(lambda address, count: self.told.append((address, count)))

    def test_ten_lines_a_minute_are_written_and_the_rest_is_counted(self) -> None:
        self.assertEqual([self.ration.take("ada", 0.0) for _ in range(13)], [True] * 10 + [False] * 3)
        self.assertEqual((self.told, self.ration.wait(20.0)), ([], 40.0))
        self.ration.look(59.9)
        self.assertEqual(self.told, [])
        self.ration.look(60.0)
        self.assertEqual((self.told, self.ration.wait(60.0)), ([("ada", 3)], None))
        self.assertTrue(self.ration.take("ada", 60.0))

    def test_whoever_causes_less_is_not_told_of(self) -> None:
        for _ in range(10):
            self.ration.take("ada", 0.0)
        self.ration.look(100.0)
        self.assertEqual(self.told, [])

    def test_what_was_left_out_is_told_before_the_next_line(self) -> None:
        for _ in range(12):
            self.ration.take("ada", 0.0)
        self.assertTrue(self.ration.take("ada", 1000.0))
        self.assertEqual(self.told, [("ada", 2)])

    def test_one_address_takes_nothing_from_another(self) -> None:
        for _ in range(1000):
            self.ration.take("ada", 0.0)
        self.assertTrue(self.ration.take("bob", 0.0))

    def test_a_crowd_of_addresses_is_remembered_in_bounds_and_shares_a_ration(self) -> None:
        self.ration.addresses = 5
        written = [self.ration.take(f"address {number}", 0.0) for number in range(1000)]
        self.assertEqual(sum(written), 5 + self.ration.most)
        self.assertLessEqual(len(self.ration._minutes), 6)
        self.ration.look(60.0)
        self.assertEqual(self.told, [(OTHERS, 1000 - 5 - self.ration.most)])
        self.assertEqual(self.ration._minutes, {})

    def test_at_the_end_everything_is_told(self) -> None:
        for address in ("ada", "bob"):
            for _ in range(11):
                self.ration.take(address, 0.0)
        self.ration.end()
        self.assertEqual((self.told, self.ration.wait(1.0)), ([("ada", 1), ("bob", 1)], None))

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 20)), max_size=200))
    def test_every_line_is_written_or_told_of(self, lines: list[tuple[str, float]]) -> None:
        told: list[int] = []
        ration = Ration(lambda _, count: told.append(count), most=3, seconds=30.0)
        now, written = 0.0, 0
        for address, pause in lines:
            now += pause
            written += ration.take(address, now)
        ration.end()
        self.assertEqual(written + sum(told), len(lines))


class KeyTests(SynchronousTestCase):
    def test_lines_are_counted_by_address_or_by_network(self) -> None:
        for peer, key in (
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::/64"),
            ("2001:db8::2", "2001:db8::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            (IPv4Address("TCP", "192.0.2.1", 5), "192.0.2.1"),
            ("a local client", "a local client"),
            ("x" * 1000, "x" * 64),
        ):
            self.assertEqual(ration_key(peer), key)
        self.assertLessEqual(len(ration_key(UNIXAddress("/run/" + "x" * 100))), 64)
