"""What the journey came to: facts, refusals by clause, notices, all counted from the journals."""

from __future__ import annotations

from collections import Counter

from rich.table import Table

from compact.journey.people import OFFICE
from compact.journey.playing import Play
from compact.journey.telling import name_of
from contracts.topics import SERVICES

TITLE = "What stands now"
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
    served = [one for one in notices if one["served_on"]]
    play.expect(len(served) == len(notices), f"All {len(notices)} notices were served.", notices)


async def sum_up(play: Play) -> Table:
    """The summary as a table."""
    facts, told = await written(play), Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for service in SERVICES:
        told.add_row("facts", service, str(facts[service].total()))
    for clause, n in sorted(play.played.refusals.items()):
        told.add_row("refusals", clause, str(n))
    for words, name in {"served": "NoticeServed", "failed attempts": "NoticeFailed",
                        "uncertain attempts": "NoticeAttemptUncertain", "letters posted": "LetterConfirmed"}.items():  # fmt: skip
        told.add_row("notices", words, str(facts["notifications"][name]))
    told.add_row("proof", "replay --compare and verify", "nothing differs")
    told.add_row("elapsed", "the journey", f"{play.played.seconds:.0f} s")
    return told


STEPS = (check,)
