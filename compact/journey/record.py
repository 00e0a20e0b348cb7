"""Act 11: the Compact's record is read; its numbers are held against the facts of the journals."""

from __future__ import annotations

from typing import Any

from compact.journey.people import AUDITOR, COUNCIL, DECIDER
from compact.journey.playing import Play
from compact.scorecard import NUMBERS, record_of

TITLE = "11. The Compact's record"
SAID = "3.4.6"
"""The undertaking under which only what organisations said is counted."""


async def read_record(play: Play) -> None:
    """What the council did, missed and was refused; every number is as many facts as it opens to."""
    play.telling.does(f"{AUDITOR.words} asks: compact scorecard --body {COUNCIL}", play.now)
    told = await record_of(play.system, {"body": COUNCIL}, play.token(AUDITOR))
    numbers = {one["clause"]: one["counts"][0] for one in told["undertakings"] if one["counts"]}
    for clause in ("3.3.4", "3.4.2", "3.4.3", "3.4.4"):
        play.telling.note(f"{told['document']} {clause}: {in_words(numbers[clause])}.")
    counted = sum(each[name] for each in numbers.values() for name in NUMBERS)
    play.expect(len(told["facts"]) == counted, f"All {counted} open to facts, one each.", len(told["facts"]))
    paid = await play.telling.journals["funding"].fetchval(
        "select count(distinct tags[1]) from ledger.journal where type = 'funding.payment_made'"
        " and convert_from(data, 'UTF8')::jsonb ->> 'waited_for' is distinct from 'funder'"
    )
    play.expect(numbers["3.3.4"]["done"] == paid, f"The {paid} payments made in time are counted as done.", numbers)


def in_words(numbers: dict[str, Any]) -> str:
    """The numbers of one undertaking that are not nought."""
    return ", ".join(f"{numbers[name]} {name.replace('_', ' ')}" for name in NUMBERS if numbers[name])


async def withhold(play: Play) -> None:
    """Whoever scores or decides is not shown that an organisation said something of a public body."""
    shown, withheld = [await record_of(play.system, {"clause": SAID}, play.token(who)) for who in (AUDITOR, DECIDER)]
    said = len(shown["facts"])
    play.expect(said > 0, f"The auditor sees that organisations answered {said} times.", shown)
    play.expect(not withheld["facts"] and not withheld["undertakings"][0]["counts"], "A decider sees none.", withheld)


STEPS = (read_record, withhold)
