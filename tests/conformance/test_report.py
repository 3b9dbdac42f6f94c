"""
How the testsuite's findings are judged.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.conformance.report import CASES, judge


def found(behavior: str = "OK", closing: str = "OK") -> dict[str, str]:
    return {"behavior": behavior, "behaviorClose": closing}


class JudgeTests(SynchronousTestCase):
    def test_a_section_that_was_run_whole_and_well_has_no_fault(self) -> None:
        index = {f"3.{n}": found() for n in range(1, CASES[3] + 1)}
        index["3.7"] = found("OK", "INFORMATIONAL")
        verdict = judge(index, [3])
        self.assertEqual((verdict.faults, verdict.summary), ((), "7 cases: 7 OK"))

    def test_what_is_neither_ok_nor_informational_is_named_by_its_case(self) -> None:
        index = {f"10.{n}.1": found() for n in range(1, CASES[10] + 1)}
        for behavior in ("NON-STRICT", "FAILED", "UNIMPLEMENTED"):
            index["10.1.1"] = found(behavior)
            verdict = judge(index, [10])
            self.assertEqual(verdict.faults, (f"case 10.1.1: {behavior}",))
            self.assertEqual(verdict.counts, {behavior: 1})

    def test_a_connection_that_was_closed_wrongly_is_a_fault_too(self) -> None:
        for closing in ("WRONG CODE", "UNCLEAN", "FAILED BY CLIENT"):
            verdict = judge({"10.1.1": found("OK", closing)}, [10])
            self.assertEqual(verdict.faults, (f"case 10.1.1: {closing} when it was closed",))
            self.assertEqual(verdict.counts, {closing: 1})

    def test_a_case_that_was_not_run_is_a_fault(self) -> None:
        verdict = judge({"3.1": found()}, [3, 10])
        self.assertEqual(
            verdict.faults, ("section 3: 1 cases of 7 were run", "section 10: 0 cases of 1 were run")
        )
        self.assertEqual(judge({}, [10]).summary, "0 cases: none")
