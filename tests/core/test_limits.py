"""
Token buckets.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatd.core.limits import AddressLimit, Once, TokenBucket
from tests.core.test_names import quick


class TokenBucketTest(SynchronousTestCase):
    """
    So many at once, and so many a second.
    """

    def test_a_burst_and_then_the_rate(self) -> None:
        """What is not used does not add up to more than the burst."""
        bucket = TokenBucket(2.0, 3)
        self.assertEqual([bucket.take(100.0) for _ in range(4)], [0, 0, 0, 0.5])
        self.assertEqual(bucket.take(100.25), 0.25)
        self.assertEqual([bucket.take(100.5), bucket.take(100.5)], [0, 0.5])
        self.assertEqual([bucket.take(1000.0) for _ in range(4)], [0, 0, 0, 0.5])

    def test_asking_takes_nothing(self) -> None:
        """`wait` looks, `take` takes."""
        bucket = TokenBucket(1.0, 1)
        self.assertEqual([bucket.wait(5.0), bucket.wait(5.0), bucket.take(5.0)], [0, 0, 0])
        self.assertEqual(bucket.wait(5.0), 1.0)
        self.assertFalse(bucket.full(5.5))
        self.assertTrue(bucket.full(6.0))

    def test_a_rate_of_zero_is_no_limit(self) -> None:
        """Whatever the burst is."""
        bucket = TokenBucket(0, 0)
        self.assertEqual([bucket.take(0.0) for _ in range(100)], [0] * 100)

    def test_a_clock_that_steps_back_gives_no_tokens(self) -> None:
        """And takes none."""
        bucket = TokenBucket(1.0, 2)
        self.assertEqual([bucket.take(10.0), bucket.take(9.0), bucket.take(9.0)], [0, 0, 1.0])

    @quick
    @given(st.floats(0.01, 1000), st.integers(1, 100), st.floats(0, 1e7))
    def test_whoever_waits_as_long_as_told_gets_a_token(self, rate: float, burst: int, start: float) -> None:
        """However the figures round."""
        bucket = TokenBucket(rate, burst)
        for _ in range(burst):
            self.assertEqual(bucket.take(start), 0)
        now = start
        for _ in range(5):
            wait = bucket.take(now)
            self.assertGreater(wait, 0)
            now += wait + 1e-3
            self.assertEqual(bucket.take(now), 0)
            while bucket.take(now) == 0:
                pass


class AddressLimitTest(SynchronousTestCase):
    """
    A bucket for each address.
    """

    def test_each_address_has_its_own(self) -> None:
        """None has no limit."""
        limit = AddressLimit(2, 3600.0)
        self.assertEqual([limit.take("a", 0.0), limit.take("a", 0.0)], [0, 0])
        self.assertEqual(limit.take("a", 0.0), 1800.0)
        self.assertEqual(limit.take("b", 0.0), 0)
        self.assertEqual([limit.take(None, 0.0) for _ in range(9)], [0] * 9)

    @quick
    @given(st.integers(1, 20), st.floats(0.1, 1e4), st.lists(st.tuples(st.floats(0, 500), st.booleans())))
    def test_it_is_a_bucket_for_each(
        self, count: int, seconds: float, steps: list[tuple[float, bool]]
    ) -> None:
        """The same answers as a `TokenBucket`, also where some is given back."""
        limit, bucket, now = AddressLimit(count, seconds), TokenBucket(count / seconds, count), 1000.0
        for later, undo in steps:
            now += later
            wait = limit.take("a", now)
            self.assertAlmostEqual(wait, bucket.take(now), delta=2e-3)
            if undo and wait == 0:
                limit.give_back("a")
                bucket.give_back()

    def test_addresses_that_are_as_new_are_forgotten(self) -> None:
        """A million addresses do not stay in memory, and nobody gets more by it."""
        limit = AddressLimit(2, 10.0)
        for n in range(1000):
            limit.take(f"old{n}", 0.0)
        for _ in range(2):
            limit.take("busy", 10.0)
        for n in range(5000):
            limit.take(f"new{n}", 10.0)
        self.assertLess(len(limit._full_at), 5002)
        self.assertGreater(limit.take("busy", 10.0), 0)
        for n in range(20000):
            limit.take(f"more{n}", 100.0 + n)
        self.assertLess(len(limit._full_at), 12000)


class OnceTest(SynchronousTestCase):
    """
    What is done once.
    """

    def test_what_was_done_is_known_until_it_was_long_ago(self) -> None:
        """At most as many are remembered as it says."""
        once = Once(2)
        for thing in ("a", "b", "b", "c"):
            once.add(thing)
        self.assertEqual([thing in once for thing in "abc"], [False, True, True])
