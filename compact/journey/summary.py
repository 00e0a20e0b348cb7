"""What the journey came to: facts, refusals by clause, notices, all counted from the journals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rich.table import Table

from compact.journey.people import OFFICE
from compact.journey.playing import Play
from compact.journey.telling import name_of
from contracts.topics import SERVICES

TITLE = "What stands now"
NOTICES = {
    "served": "NoticeServed", "failed attempts": "NoticeFailed", "uncertain attempts": "NoticeAttemptUncertain",
    "letters posted": "LetterConfirmed",
}  # fmt: skip
BY_TYPE = "select type, count(*) as n from ledger.journal where audience <> 'received' group by type"


async def written(play: Play) -> dict[str, Counter[str]]:
    """How many facts of each class each service wrote."""
    found = {}
    for service in SERVICES:
        rows = await play.telling.journals[service].fetch(BY_TYPE)
        found[service] = Counter({name_of(row["type"]): row["n"] for row in rows})
    return found


async def check(play: Play) -> None:
    """Every refusal on a clause is a fact, and every notice was served."""
    await play.settled()
    facts = await written(play)
    kept = sum(counts["RequestRefused"] + counts["StepRefused"] for counts in facts.values())
    seen = sum(play.played.refusals.values())
    play.expect(kept == seen, f"Each of the {seen} refusals on a clause is a fact.", kept)
    notices = await play.listed(OFFICE, "notifications", "/notices")
    unserved = [one for one in notices if not one["served_on"]]
    play.expect(not unserved, f"All {len(notices)} notices were served.", unserved)


async def sum_up(play: Play) -> Table:
    """The summary as a table."""
    facts = await written(play)
    told = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    group(told, "facts written", {service: facts[service].total() for service in SERVICES})
    group(told, "refusals by clause", dict(sorted(play.played.refusals.items())))
    group(told, "notices", {words: facts["notifications"][name] for words, name in NOTICES.items()})
    group(told, "proof", {"replay --compare, verify": "nothing differs"})
    group(told, "played in", {"acts 1 to 11": f"{play.played.seconds:.0f} s"})
    return told


def group(told: Table, heading: str, rows: Mapping[str, int | str]) -> None:
    """Some rows of the summary under one heading."""
    for number, (what, value) in enumerate(rows.items()):
        told.add_row("" if number else f"[bold]{heading}[/]", what, str(value))


STEPS = (check,)
