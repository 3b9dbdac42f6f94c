"""
Codes.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatd.core.refusals import CloseCode, Code, Refused, Violation


class CodeTest(SynchronousTestCase):
    """
    What clients hold us to.
    """

    def test_the_codes_of_refusals(self) -> None:
        """None changes its meaning."""
        self.assertEqual(
            " ".join(Code),
            "bad_request not_hello bad_token name_taken bad_name no_such_room no_such_person no_such_message "
            "no_such_file not_member forbidden rate_limited too_long quota cid_conflict read_only banned "
            "muted locked archived bad_password bad_invite internal",
        )

    def test_the_codes_of_closing(self) -> None:
        """4000 to 4499 mean to come back, 4500 to 4999 not to; the reason is the code's name."""
        own = {int(code): code.reason for code in CloseCode if code >= 4000}
        self.assertEqual(
            own,
            {
                4000: "shutdown",
                4001: "slow",
                4002: "resync",
                4003: "no_pong",
                4500: "flood",
                4501: "banned",
                4503: "no_hello",
                4504: "bad_token",
            },
        )
        self.assertEqual(
            [int(code) for code in CloseCode if code < 4000], [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011]
        )

    def test_what_is_raised_says_why(self) -> None:
        """In a log, too."""
        refused = Refused(Code.TOO_LONG, "Too long.", retry_after=1.5, ref="r")
        self.assertEqual(str(refused), "Too long.")
        self.assertEqual((refused.code, refused.retry_after, refused.ref), ("too_long", 1.5, "r"))
        self.assertEqual(str(Violation(CloseCode.TOO_BIG)), "1009 too_big")
        self.assertEqual(str(Violation(CloseCode.TOO_BIG, "4001 characters")), "1009 4001 characters")
