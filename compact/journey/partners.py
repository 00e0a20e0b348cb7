"""Act 1: the place adopts its rules, the register is filled, offices are held, addresses go to the address book."""

from __future__ import annotations

from typing import Any

from compact.demo_data import messy_register
from compact.journey.people import (
    ADVICE,
    COUNCIL,
    CVS,
    FOOD,
    HEALTH,
    HOLDERS,
    LIMITS,
    OFFICE,
    OFFICE_2,
    POLICE,
    VCOS,
    Person,
    Vco,
)
from compact.journey.playing import Play

TITLE = "1. Rules, signatories, register, offices, addresses"
CSV = {"Content-Type": "text/csv"}


async def adopt_rules(play: Play) -> None:
    """Rules as data, with citations; the public bodies that signed, and the one that has yet to."""
    await play.does(
        OFFICE, "adopts the rules that are shipped for Sutton", "partners", "/rules", {"place": "sutton"},
        writes=("RulesAdopted", "OrganisationRegistered", "SignatoryJoined"),
    )  # fmt: skip
    rules = await play.reads(OFFICE, "partners", "/rules")
    counts = (len(rules["outcomes"]), len(rules["undertakings"]), len(rules["priorities"]))
    play.expect(counts == (5, 42, 26), "The rules hold 5 outcomes, 42 undertakings and 26 priorities.")
    signatories = await play.listed(OFFICE, "partners", "/signatories")
    pending = {each["organisation_id"]: each["pending"] for each in signatories}
    bound = not any(pending.get(each, True) for each in (COUNCIL, POLICE, "sutton-fire"))
    play.expect(bound and pending[HEALTH], "Council, police and fire are bound; health is pending and is only warned.")


async def import_register(play: Play) -> None:
    """A list as people have them: good lines land, the others are named by line, column and reason."""
    file = messy_register()
    report = await play.does(
        OFFICE, f"imports a list of {len(file.data):,} bytes", "partners", "/imports", file.data, headers=CSV,
        writes=("OrganisationRegistered", "OrganisationsImported"),
    )  # fmt: skip
    landed = (report["registered"], report["refused"]) == (file.organisations, file.refused)
    play.expect(landed, f"{report['registered']} organisations landed, {report['refused']} lines did not.")
    for line in report["refusals"][:3]:
        column = f", {line['column']}" if line["column"] else ""
        play.telling.note(f"for example line {line['line']}{column}: {line['reason']}")
    play.telling.note(report["message"])
    await find_organisations(play)


async def find_organisations(play: Play) -> None:
    """The organisations of the journey, by their names."""
    entries = {
        each["name"].removeprefix("The "): each for each in await play.listed(OFFICE, "partners", "/organisations")
    }
    for vco in VCOS:
        play.keep(f"organisation {vco.key}", entries[vco.name]["organisation_id"])
    play.keep("organisation cvs", entries[CVS]["organisation_id"])
    kind = entries[CVS]["kind"]
    play.expect(kind == "infrastructure", "Sutton CVS stands in the register as the sector's infrastructure body.")


async def appoint_officers(play: Play) -> None:
    """Persons are known by opaque ids; a decider's office has a limit and names its authority."""
    play.telling.does(f"{OFFICE.words} appoints itself, then {len(HOLDERS)} more by opaque ids.", play.now)
    for holder in (OFFICE, *HOLDERS):
        await appointed(play, OFFICE, holder)
    await play.telling.catch_up()
    deciders = [
        f"{holder.id} up to £{LIMITS[holder][0]:,} ({LIMITS[holder][1]})"
        for holder in LIMITS
        if holder.role == "decider"
    ]
    play.telling.note(f"deciders: {'; '.join(deciders)}")
    await play.refused(
        OFFICE, "appointing somebody by an e-mail address", "partners", "/office-holders",
        {"person_id": "someone@advice.example", "organisation_id": COUNCIL, "role": "commissioner"},
        code="person_not_opaque",
    )  # fmt: skip


async def appoint_representatives(play: Play) -> None:
    """Who speaks for each voluntary organisation."""
    play.telling.does(f"{OFFICE_2.words} notes who speaks for {len(VCOS)} voluntary organisations.", play.now)
    for vco in VCOS:
        await appointed(play, OFFICE_2, play.of(vco))
    await play.settled(partners=("OfficeHolderAppointed",) * len(VCOS))


async def appointed(play: Play, by: Person, holder: Person) -> None:
    """One office for one person."""
    limit, authority = LIMITS.get(holder, (None, ""))
    form: dict[str, Any] = {"person_id": holder.id, "organisation_id": holder.organisation, "role": holder.role}
    form |= {"limit_pounds": limit, "authority": authority} if authority else {}
    await play.quietly(by, "partners", "/office-holders", form)


async def change_own_details(play: Play) -> None:
    """What a voluntary organisation says of itself is kept, whatever a list says later."""
    food = play.of(FOOD)
    path = f"/organisations/{food.organisation}"
    await play.does(
        food, "corrects its own entry: it is a small organisation", "partners", f"{path}/details",
        {"size": "small", "serves_groups": ["families", "children"]}, writes=("OrganisationDetailsChanged",),
    )  # fmt: skip
    data = messy_register().data
    again = await play.does(OFFICE, "imports the very same list again", "partners", "/imports", data, headers=CSV)
    play.expect("registered" not in again, again["message"])
    anew = data.replace(b"\r\n", b"\r\n;;;;\r\n", 1)
    report = await play.does(
        OFFICE, "imports the list as somebody saved it anew", "partners", "/imports", anew, headers=CSV,
        writes=("OrganisationsImported",),
    )  # fmt: skip
    nothing = (report["registered"], report["changed"]) == (0, 0)
    play.expect(nothing, f"Nothing changed: {report['unchanged']} organisations stand as they stood.")
    entry = await play.reads(OFFICE, "partners", path)
    kept = (entry["size"], entry["serves_groups"]) == ("small", ["families", "children"])
    play.expect(kept, "What the organisation said of itself was kept.")


async def give_addresses(play: Play) -> None:
    """Addresses go to the address book of notifications and nowhere else."""
    play.telling.does("Each of them gives its addresses: e-mail, a postal address, or both.", play.now)
    for vco in VCOS:
        await give_address(play, vco)
    await play.settled(notifications=("ContactGiven",) * len(VCOS))
    by_post = [vco.name for vco in VCOS if not vco.emails]
    play.telling.note(f"by letter only: {', '.join(by_post)}")
    third = {"office": "treasurer", "channel": "email", "email": "treasurer@advice.example"}
    advice = play.of(ADVICE)
    await play.refused(
        advice, "giving a third contact", "notifications", "/contacts",
        {"organisation_id": advice.organisation, **third}, code="too_many_contacts", cites="Sutton service of notices",
    )  # fmt: skip


async def give_address(play: Play, vco: Vco) -> None:
    """One organisation's contacts: e-mail addresses, a registered address for letters."""
    who = play.of(vco)
    ways: list[dict[str, Any]] = [
        {"office": office, "channel": "email", "email": address, "person_id": who.id}
        for office, address in zip(("secretary", "chair"), vco.emails, strict=False)
    ]
    if vco.posted:
        lines = [vco.name, "1 Example Street", "Sutton", "SM1 0AA"]
        ways.append({"office": "registered_address", "channel": "letter", "lines": lines})
    for way in ways:
        form = {"organisation_id": who.organisation, **way}
        await play.quietly(who, "notifications", "/contacts", form)


STEPS = (
    adopt_rules, appoint_officers, import_register, appoint_representatives, change_own_details, give_addresses,
)  # fmt: skip
