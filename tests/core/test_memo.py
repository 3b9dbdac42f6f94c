"""
What is remembered of those who are there.
"""

from __future__ import annotations

from chatd.core.memo import forget, memo


def test_what_was_worked_out_is_known_until_it_is_forgotten() -> None:
    asked: list[int] = []

    @memo(2)
    def double(number: int) -> int:
        asked.append(number)
        return 2 * number

    assert [double(1), double(2), double(1)] == [2, 4, 2]
    assert asked == [1, 2]
    double(3)
    # The one that was not asked for the longest had to go.
    assert [double(1), double(2)] == [2, 4]
    assert asked == [1, 2, 3, 2]
    forget()
    assert double(1) == 2
    assert asked == [1, 2, 3, 2, 1]
