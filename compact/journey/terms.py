"""Part of act 5: the terms of an agreement are settled before anybody signs it."""

from __future__ import annotations

from typing import Any

from compact.journey.bids import ROUND, SHARE
from compact.journey.decisions import AWARDED
from compact.journey.people import ADVICE, CARERS, COMMISSIONER, SENIOR, VOLUNTEERS, YOUTH, Vco
from compact.journey.playing import Play

COMPACT = "Sutton Compact"
CLAUSES = [
    {"id": "recognition", "kind": "recognition",
     "text": "The organisation names the council as a funder in its yearly report."},
    {"id": "data", "kind": "conduct", "restricts": ["use_of_personal_data"],
     "text": "What people tell the organisation is used for advice to them and for nothing else."},
]  # fmt: skip
LIMITING = {"id": "silence", "kind": "conduct", "restricts": ["campaigning"],
            "text": "The organisation takes no part in campaigns about the council's decisions."}  # fmt: skip
VALUE = {"value_for_money": "Payment in advance spares the organisation a loan, and costs the council nothing."}
TIMES = {ADVICE: 2, VOLUNTEERS: 2, CARERS: 1}
"""How often a year each of them is paid, in advance."""


def risks(*owners: str) -> dict[str, Any]:
    """The allocation of one risk to each of these."""
    return {"risks": [
        {"id": f"risk-{number}", "owner_id": owner, "risk": "Fewer organisations ask for advice than was expected.",
         "why": "It is in touch with them, and can change what it offers within weeks."}
        for number, owner in enumerate(owners, 1)
    ]}  # fmt: skip


def views(count: int) -> dict[str, Any]:
    """The organisation's view on each risk."""
    said = {"agrees": True, "words": "We agree: we speak with them every month."}
    return {"views": {f"risk-{number}": said for number in range(1, count + 1)}}


def financing(vco: Vco) -> dict[str, Any]:
    """Payment in advance, with its reason."""
    return {"timing": "advance", "instalments_per_year": TIMES[vco], "reasons": VALUE}


async def find(play: Play) -> None:
    """Each awarded bid has its agreement drafted."""
    for vco in AWARDED:
        drafted = await play.listed(play.of(vco), "funding", "/agreements")
        play.keep(f"agreement {vco.key}", drafted[0]["agreement_id"])


async def settle_terms(play: Play) -> None:
    """Nobody signs before term, financing, risks and clauses are settled; what the Compact bars is refused."""
    await find(play)
    path, advice = f"/agreements/{play.id('agreement advice')}", play.of(ADVICE)
    await play.refused(COMMISSIONER, "a clause that keeps the organisation from campaigning", "funding",
                       f"{path}/clauses", {"clauses": [*CLAUSES, LIMITING]}, code="clause_limits_campaigning",
                       cites=f"{COMPACT} 3.1.1")  # fmt: skip
    await play.does(COMMISSIONER, "drafts the clauses without it", "funding", f"{path}/clauses", {"clauses": CLAUSES},
                    writes=("ClausesDrafted",))  # fmt: skip
    await play.refused(COMMISSIONER, "a term shorter than the outcome takes, without a reason", "funding",
                       f"{path}/term", {"takes_until": "2019-03-31"}, code="shorter_term_unexplained",
                       cites=f"{COMPACT} 3.3.3")  # fmt: skip
    reason = "The programme has three years of money; the last year decides about the next round."
    await play.does(COMMISSIONER, "gives its reason for three years", "funding", f"{path}/term",
                    {"takes_until": "2019-03-31", "reason": reason}, writes=("TermReasoned",))  # fmt: skip
    await play.refused(COMMISSIONER, "payment in arrears without a reason", "funding", f"{path}/financing",
                       {"timing": "arrears", "instalments_per_year": 4, "reasons": {}}, code="financing_unexplained",
                       cites=f"{COMPACT} 3.3.7")  # fmt: skip
    await play.does(COMMISSIONER, "chooses two payments a year in advance", "funding", f"{path}/financing",
                    financing(ADVICE), writes=("FinancingModelChosen",))  # fmt: skip
    await play.does(COMMISSIONER, "allocates the risks", "funding", f"{path}/risks", risks(advice.organisation),
                    writes=("RisksAllocated",))  # fmt: skip
    await play.refused(SENIOR, "signing before the organisation gave its view on the risks", "funding", f"{path}/sign",
                       code="risk_views_missing", cites=f"{COMPACT} 3.3.6")  # fmt: skip
    await play.does(advice, "gives its view on each risk", "funding", f"{path}/risks/views", views(1),
                    writes=("RiskViewsGiven",))  # fmt: skip


async def settle_the_others(play: Play) -> None:
    """The two others in the same way; a member of the consortium confirms its part, share and risk."""
    play.telling.does("The terms of the two other agreements are settled in the same way.", play.now)
    youth = play.of(YOUTH)
    for vco, owners in ((CARERS, (play.of(CARERS),)), (VOLUNTEERS, (play.of(VOLUNTEERS), youth))):
        path = f"/agreements/{play.id(f'agreement {vco.key}')}"
        await play.quietly(COMMISSIONER, "funding", f"{path}/clauses", {"clauses": CLAUSES})
        await play.quietly(COMMISSIONER, "funding", f"{path}/term", {"takes_until": "2017-03-31"})
        await play.quietly(COMMISSIONER, "funding", f"{path}/financing", financing(vco))
        given = risks(*(owner.organisation for owner in owners))
        await play.quietly(COMMISSIONER, "funding", f"{path}/risks", given)
        await play.quietly(play.of(vco), "funding", f"{path}/risks/views", views(len(owners)))
    await play.settled()
    await play.refused(play.of(VOLUNTEERS), "signing before its member confirmed", "funding", f"{path}/sign",
                       code="part_not_confirmed", cites=f"{COMPACT} 3.3.6")  # fmt: skip
    part = {"share_pounds": SHARE + 1, "risk_ids": ["risk-2"], "part": "We train and place the young volunteers."}
    await play.refused(youth, "confirming another share", "funding", f"{path}/part/confirm", part,
                       code="share_differs", cites=f"{ROUND} consortium")  # fmt: skip
    await play.does(youth, "confirms its part, its share and its risk", "funding", f"{path}/part/confirm",
                    {**part, "share_pounds": SHARE}, writes=("AgreementPartConfirmed",))  # fmt: skip


STEPS = (settle_terms, settle_the_others)
