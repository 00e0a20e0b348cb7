"""How a figure is judged, and that the rounds of two contenders take turns."""

from __future__ import annotations

import pytest

from bench.figures import figure, in_turn


@pytest.mark.parametrize(
    ("ours", "beside", "aim", "met"),
    [
        (80.0, 100.0, "≥ 0.75", True),
        (70.0, 100.0, "≥ 0.75", False),
        (3.0, 1.0, "≤ 3", True),
        (3.1, 1.0, "≤ 3", False),
        (4.9, None, "≤ 5 s", True),
        (5.1, None, "≤ 5 s", False),
    ],
)
def test_a_figure_is_met_by_its_ratio_or_where_nothing_stands_beside_it_by_itself(ours, beside, aim, met):
    judged = figure("one", "events/s", ours, beside, aim)

    assert judged.met is met
    assert judged.ratio == (ours / beside if beside else None)


async def test_contenders_take_turns_at_going_first_and_are_told_by_their_medians():
    order: list[str] = []
    values = {"ours": iter([9.0, 1.0, 2.0]), "bare": iter([5.0, 5.0, 7.0])}

    def contender(name: str):
        async def measured() -> float:
            order.append(name)
            return next(values[name])

        return measured

    found = await in_turn(3, {name: contender(name) for name in values})

    assert found == {"ours": 2.0, "bare": 5.0}
    assert order == ["ours", "bare", "bare", "ours", "ours", "bare"]
