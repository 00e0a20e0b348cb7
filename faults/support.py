"""What the clients do about support in force: payments by several people, and a change of support to its effect."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from faults import forms
from faults.forms import COMMISSIONER, DECIDER, FINANCE, MANAGER, OFFICER, SAID

if TYPE_CHECKING:
    from faults.load import Person
    from faults.rounds import Round, Vco

ACCOUNT = {"account_name": "Its account", "sort_code": "00-00-00", "account_number": "00000000"}
PROPOSAL = {"kind": "reduce", "ground": "resources", "reasons": SAID,
            "budget_decision": {"document": "Council budget 2015/16", "clause": "minute 42"}}  # fmt: skip
GROUPS = ("beneficiaries", "service_users", "volunteers", "carers")
RATIONALE = dict.fromkeys(("ground", "impact", "reallocation", "representations", "notice"), SAID)


async def pay(one: Round) -> None:
    """Both agreements of a round are paid for the first time."""
    await asyncio.gather(*(be_paid(one, vco) for vco in one.vcos[:2]))


async def be_paid(one: Round, vco: Vco) -> None:
    """Bank details by two people; a payment asked for, released and made by three (Sutton Compact 3.3.4)."""
    theirs = vco.who.organisation
    form = {"organisation_id": theirs, **ACCOUNT}
    found = await one.does(vco.who, "funding", "/bank-details", form, step=f"bank {vco.number}")
    path = f"/organisations/{theirs}/bank-details/{found['details_id']}/confirm"
    await one.does(FINANCE, "funding", path, step=f"bank confirmed {vco.number}")
    made = {"ledger_reference": f"SC-{one.number}-{vco.number}"}
    for who, what, body in ((MANAGER, "request", None), (DECIDER, "release", None), (FINANCE, "made", made)):
        await one.does(who, "funding", f"/payments/{vco.agreement}.1/{what}", body, step=f"{what} {vco.number}")


async def propose(one: Round) -> None:
    """Less is proposed for the first organisation."""
    await propose_less(one, one.vcos[0])


async def propose_less(one: Round, vco: Vco) -> None:
    """A reduction is proposed; what decides it without any step before it is refused (Sutton Compact 3.4.2)."""
    path = f"/agreements/{vco.agreement}/changes"
    vco.change = (await one.does(COMMISSIONER, "funding", path, PROPOSAL, step="change"))["change_id"]
    await one.tries(DECIDER, f"/changes/{vco.change}/decide", decision(one, vco), step="too early")
    await acknowledge(one, vco, "change_proposed")


async def acknowledge(one: Round, vco: Vco, template: str) -> None:
    """The organisation says that it has a notice: it is served, whatever became of the mail."""
    notice = await one.load.finds(vco.who, "notifications", "/notices", template=template)
    path = f"/notices/{notice['notice_id']}/acknowledge"
    await one.does(vco.who, "notifications", path, {}, step=f"acknowledge {template}")


async def hear(one: Round) -> None:
    """The change is assessed, estimated by its organisation, met about and answered point by point (3.4.2, 3.4.3)."""
    vco = one.vcos[0]
    path, groups = f"/changes/{vco.change}", {group: {"people": 40, "effect": SAID} for group in GROUPS}
    assessed = {"groups": groups, "share_of_income": 40}
    steps: dict[str, tuple[Any, Any]] = {
        "impact": (OFFICER, assessed), "estimate": (vco.who, assessed),
        "reallocation": (OFFICER, {"needed": False, "reasons": SAID}),
    }  # fmt: skip
    for what, (who, form) in steps.items():
        await one.does(who, "funding", f"{path}/{what}", form, step=what)
    await be_answered(one, vco, "2014-11-06")


async def be_answered(one: Round, vco: Vco, met_on: str) -> None:
    """The organisation responds, both sides meet, and each point is answered (Sutton Compact 3.4.3)."""
    path = f"/changes/{vco.change}"
    said = await one.does(vco.who, "funding", f"{path}/representations", {"points": [SAID, SAID]}, step="respond")
    met = {"held_on": met_on, "minutes": SAID}
    unserved = ("meeting_not_about_the_proposal",)
    await one.does(OFFICER, "funding", f"{path}/meetings", met, step="meetings", early=unserved)
    points = f"{path}/representations/{said['representation_id']}/points"
    for point in said["points"]:
        await one.does(OFFICER, "funding", f"{points}/{point}/answer", {"answer": SAID}, step=f"point {point}")


async def decide(one: Round) -> None:
    """The change is decided."""
    await agree_on(one, one.vcos[0])


async def agree_on(one: Round, vco: Vco, decider: Person = DECIDER) -> None:
    """Both sides agree, and a change is decided on three months' notice, which then runs (Sutton Compact 3.4.4)."""
    for who in (COMMISSIONER, vco.who):
        position = {"position": "agreed", "words": SAID}
        await one.does(who, "funding", f"/changes/{vco.change}/positions", position, step=f"position {who.role}")
    await one.does(decider, "funding", f"/changes/{vco.change}/decide", decision(one, vco), step="decide change")
    await acknowledge(one, vco, "change_decided")


def decision(one: Round, vco: Vco) -> dict[str, Any]:
    """The form of the decision: the first year as it is, less in the others."""
    first, *others = forms.award(15_000 + vco.number, one.dates)["amounts"]
    less = [{**amount, "pounds": amount["pounds"] - 5_000} for amount in others]
    return {"rationale": RATIONALE, "amounts": [first, *less], "notice_months": 3, "shorter_because": SAID}
