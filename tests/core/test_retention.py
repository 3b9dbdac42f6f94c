"""
What is kept, and by which clock.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.retention import DAY_MS, LEAP_MS, LEAP_SECONDS, Calendar, Keep, Retention

NOW_MS = 1_800_000_000_000


class RetentionTest(SynchronousTestCase):
    """
    What an operator may want to be kept.
    """

    def test_it_is_said_in_words(self) -> None:
        """For the log."""
        for days, messages, words in (
            (0, 0, "everything"),
            (30, 0, "the last 30 days"),
            (0, 1000, "the last 1000 messages"),
            (30, 1000, "the last 1000 messages of the last 30 days"),
        ):
            retention = Retention(days, messages)
            self.assertEqual((retention.words, bool(retention)), (words, bool(days or messages)))

    def test_days_are_counted_back_from_a_moment(self) -> None:
        """And a cid has its thirty days whatever is kept."""
        self.assertEqual(Retention(7, 100).keep(NOW_MS), Keep(NOW_MS - 7 * DAY_MS, 100, NOW_MS - 30 * DAY_MS))
        self.assertEqual(Retention().keep(NOW_MS), Keep(None, None, NOW_MS - 30 * DAY_MS))


class KeepTest(SynchronousTestCase):
    """
    Whether the first event of a log goes.
    """

    def test_an_event_goes_when_it_is_too_old(self) -> None:
        """Not when it is just as old as it may be."""
        keep = Keep(NOW_MS, None, 0)
        self.assertTrue(keep.lets_go(NOW_MS - 1, 1, counts=True))
        self.assertFalse(keep.lets_go(NOW_MS, 1_000_000, counts=True))
        self.assertFalse(keep.spares(1))

    def test_a_message_goes_when_there_are_too_many_from_it_on(self) -> None:
        """However old it is."""
        keep = Keep(None, 3, 0)
        self.assertEqual([keep.lets_go(0, count, counts=True) for count in (2, 3, 4)], [False, False, True])
        self.assertEqual([keep.spares(count) for count in (2, 3, 4)], [True, False, False])

    def test_what_precedes_the_first_of_the_last_messages_goes_with_those_before(self) -> None:
        """And stays where there are not so many messages yet."""
        keep = Keep(None, 3, 0)
        self.assertEqual([keep.lets_go(0, count, counts=False) for count in (2, 3, 4)], [False, True, True])

    def test_without_limits_all_stays(self) -> None:
        """For ever."""
        keep = Keep(None, None, 0)
        self.assertFalse(keep.lets_go(0, 1_000_000, counts=True))
        self.assertTrue(keep.spares(1_000_000))


class CalendarTest(SynchronousTestCase):
    """
    The clock on the wall, which can be wrong.
    """

    def setUp(self) -> None:
        """It has been looked at once."""
        self.calendar = Calendar()
        self.wall_ms, self.now = NOW_MS, 1000.0
        self.assertEqual(self.calendar.look(self.wall_ms, self.now), NOW_MS)

    def after(self, seconds: float, leap_ms: int = 0) -> int:
        """How far what is believed is from the clock on the wall, after a time and a leap in it."""
        self.now += seconds
        self.wall_ms += int(seconds * 1000) + leap_ms
        return self.calendar.look(self.wall_ms, self.now) - self.wall_ms

    def test_it_is_believed_as_it_goes(self) -> None:
        """Also when it is set right by a little."""
        for seconds in (0.1, 5.0, 3600.0, 1_000_000.0):
            self.assertEqual(self.after(seconds), 0)
            self.assertEqual(self.after(seconds, LEAP_MS // 2), 0)
        self.assertEqual(self.calendar.ahead_ms, 0)

    def test_a_leap_forward_is_believed_after_a_day(self) -> None:
        """Until then time goes on from where it was."""
        for leap in (3_600_000, 365 * DAY_MS):
            self.assertEqual(self.after(5.0, leap), -leap)
            self.assertEqual(self.after(LEAP_SECONDS - 1), -leap)
            self.assertEqual(self.calendar.ahead_ms, leap)
            self.assertEqual(self.after(1.0), 0)
            self.assertEqual(self.calendar.ahead_ms, 0)

    def test_a_leap_that_is_taken_back_changes_nothing(self) -> None:
        """And the next has its day again."""
        for _ in range(3):
            self.assertEqual(self.after(5.0, DAY_MS), -DAY_MS)
            self.assertEqual(self.after(LEAP_SECONDS / 2, -DAY_MS), 0)

    def test_a_leap_back_is_believed_at_once(self) -> None:
        """What comes then is a leap forward."""
        self.assertEqual(self.after(5.0, -365 * DAY_MS), 0)
        self.assertEqual(self.after(5.0, 365 * DAY_MS), -365 * DAY_MS)

    def test_a_clock_that_goes_mad_is_no_reason_to_fail(self) -> None:
        """Whatever it says."""
        for wall_ms in (0, -1, 1 << 62, -(1 << 62), NOW_MS):
            self.now += 1
            self.assertLessEqual(self.calendar.look(wall_ms, self.now), max(wall_ms, NOW_MS + LEAP_MS))
