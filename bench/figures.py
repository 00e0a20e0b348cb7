"""A figure: ours, the bare thing beside it, and the aim; measured in rounds that take turns, told by their medians."""

from __future__ import annotations

import gc
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

Contender = Callable[[], Awaitable[float]]


@dataclass(frozen=True)
class Figure:
    """What was measured; `aim` is about the ratio of ours to what stands beside it, or else about ours."""

    figure: str
    ours: float
    beside: float | None
    ratio: float | None
    aim: str
    met: bool
    unit: str


def figure(name: str, unit: str, ours: float, beside: float | None, aim: str) -> Figure:
    """Judge a figure by its aim: `≥ 0.75` and `≤ 3` are about the ratio, `≤ 5 s` about ours."""
    ratio = ours / beside if beside else None
    sign, number, *_ = aim.split()
    judged = ours if ratio is None else ratio
    met = judged >= float(number) if sign == "≥" else judged <= float(number)
    return Figure(name, ours, beside, ratio, aim, met, unit)


async def in_turn(rounds: int, contenders: Mapping[str, Contender]) -> dict[str, float]:
    """The median of each contender's rounds; they take turns, and who begins changes from round to round."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        order = list(contenders.items())
        for name, contender in order if number % 2 == 0 else reversed(order):
            gc.collect()
            found[name].append(await contender())
    return {name: median(values) for name, values in found.items()}


def table(figures: Sequence[Figure]) -> Table:
    """The figures for a person."""
    made = Table(title="Bench: ours beside the bare library, medians of rounds that take turns")
    for heading in ("figure", "unit", "ours", "beside", "ratio", "aim", "met"):
        made.add_column(heading, justify="left" if heading in ("figure", "unit") else "right")
    for each in figures:
        beside, ratio = ("–" if value is None else _short(value) for value in (each.beside, each.ratio))
        met = "[green]yes[/]" if each.met else "[red]no[/]"
        made.add_row(each.figure, each.unit, _short(each.ours), beside, ratio, each.aim, met)
    return made


def said(each: Figure) -> str:
    """A figure in one line, as soon as it is known."""
    told = f"{each.figure}: {_short(each.ours)}"
    if each.beside is not None and each.ratio is not None:
        told += f" beside {_short(each.beside)} {each.unit}, ratio {each.ratio:.2f}"
    else:
        told += f" {each.unit}"
    return f"{told} (aim {each.aim}: {'met' if each.met else 'not met'})"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def tell(console: Console, figures: Sequence[Figure], path: Path) -> None:
    """Print the figures, write them as JSON, and end with the path of that."""
    console.print(table(figures))
    path.parent.mkdir(parents=True, exist_ok=True)
    told = [asdict(each) for each in figures]
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    print(path)
