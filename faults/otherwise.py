"""What the clients do about changes that go otherwise: a step set aside, a successor, an organisation that is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from faults import forms, support
from faults.forms import (
    ACCOUNTANT,
    COMMISSIONER,
    COUNCIL,
    LAWYER,
    NEW_COUNCIL,
    NEW_DECIDER,
    OFFICE,
    OFFICER,
    SAID,
)
from faults.load import Load, Person

if TYPE_CHECKING:
    from faults.rounds import Round, Vco

GROUP = "sutton-compact-group"
"""Is told of every step that is set aside."""
STATUTE = {"document": "Local Government Finance Act 1988", "clause": "section 114"}


async def enter_group(load: Load) -> None:
    """The Compact group has an entry in the register and an address, so that notices reach it."""
    entry = {"organisation_id": GROUP, "name": "Sutton Compact Group", "kind": "infrastructure"}
    await load.does(OFFICE, "partners", "/organisations", entry, step="register group")
    email = {"office": "secretary", "channel": "email", "email": "secretary@compact-group.example"}
    await load.does(OFFICE, "notifications", "/contacts", {**email, "organisation_id": GROUP}, step="contact group")


def has_successor(one: Round) -> bool:
    """Whether its second organisation is succeeded while its support changes; in the other rounds it is dissolved."""
    return one.number % 2 == 0


async def set_aside(one: Round) -> None:
    """Another change is proposed; whoever answers to its proposer sets no step aside, and somebody else does."""
    vco = one.vcos[1]
    await support.propose_less(one, vco)
    path, form = f"/changes/{vco.change}/set-aside", {"step": "impact", "statute": STATUTE, "reasons": SAID}
    await one.tries(ACCOUNTANT, path, form, step="aside in line")
    await one.tries(LAWYER, path, {**form, "step": "second_person"}, step="aside never")
    await one.does(LAWYER, "funding", path, form, step="aside")
    await support.acknowledge(one, vco, "step_set_aside")
    about = {"organisation_id": GROUP, "about": f"change:{vco.change}"}
    await one.load.finds(OFFICE, "notifications", "/notices", **about)


async def take_over(one: Round) -> None:
    """A successor responds in place of the organisation, or the organisation itself; the step set aside is left out."""
    vco, path = one.vcos[1], f"/changes/{one.vcos[1].change}"
    if has_successor(one):
        await be_succeeded(one, vco)
    kept = {"needed": False, "reasons": SAID}
    await one.does(OFFICER, "funding", f"{path}/reallocation", kept, step="reallocation")
    await support.be_answered(one, vco, "2015-04-08")


async def be_succeeded(one: Round, vco: Vco) -> None:
    """Another organisation takes over, and acts from then on; who acted until then is refused."""
    gone, heir = vco.who, await successor(one)
    form = {"successor_id": heir.organisation, "succeeded_on": "2015-04-08"}
    await one.does(OFFICE, "partners", f"/organisations/{gone.organisation}/succession", form, step="succeed")
    case = f"/changes/{vco.change}/case"
    await one.load.finds(COMMISSIONER, "funding", case, organisation_id=heir.organisation)
    late = {"points": [SAID]}
    await one.tries(gone, f"/changes/{vco.change}/representations", late, step="respond for the former")
    vco.who = heir


async def successor(one: Round) -> Person:
    """An organisation that did not bid, with somebody to speak for it and an address."""
    number = 600 + one.number
    form = {"name": forms.name(number), "charity_number": str(8_000_000 + number)}
    entry = await one.does(OFFICE, "partners", "/organisations", form, step="register heir")
    who = Person(f"p-heir-{one.number}", "vco_representative", entry["organisation_id"])
    await one.does(OFFICE, "partners", "/office-holders", forms.appointment(who), step="speaks heir")
    email = {"office": "secretary", "channel": "email", "email": f"office@heir{one.number}.example"}
    contact = {"organisation_id": who.organisation, **email}
    await one.does(who, "notifications", "/contacts", contact, step="contact heir")
    return who


async def decide(one: Round) -> None:
    """Its time to respond over, the change is decided without the step set aside; once by the council's successor."""
    vco = one.vcos[1]
    if one.number:
        await support.agree_on(one, vco)
        return
    await reorganise(one)
    unnamed = replace(NEW_DECIDER, acts_for="")
    await one.tries(unnamed, f"/changes/{vco.change}/decide", support.decision(one, vco), step="decide unnamed")
    await support.agree_on(one, vco, NEW_DECIDER)


async def reorganise(one: Round) -> None:
    """Another council takes over what the council held; officers of both go on."""
    for body, name in ((COUNCIL, "Sutton Council"), (NEW_COUNCIL, "Sutton and Merton Council")):
        entry = {"organisation_id": body, "name": name, "kind": "council"}
        await one.does(OFFICE, "partners", "/organisations", entry, step=f"register {body}")
    form = {"successor_id": NEW_COUNCIL, "succeeded_on": "2015-05-11"}
    await one.does(OFFICE, "partners", f"/organisations/{COUNCIL}/succession", form, step="reorganise")
    office = forms.appointment(NEW_DECIDER)
    await one.does(OFFICE, "partners", "/office-holders", office, step="appoint the successor's")


async def dissolve(one: Round) -> None:
    """An organisation is no more while its notice runs, and nobody took over: its change ends there."""
    if has_successor(one):
        return
    vco = one.vcos[1]
    path, form = f"/organisations/{vco.who.organisation}/dissolution", {"dissolved_on": "2015-06-01"}
    await one.does(OFFICE, "partners", path, form, step="dissolve")
    case = f"/changes/{vco.change}/case"
    await one.load.finds(COMMISSIONER, "funding", case, state="notice_no_longer_possible")
