"""Who acts in the journey: plainly fictional organisations, and persons who are known by opaque ids only."""

from __future__ import annotations

from dataclasses import dataclass

COUNCIL, POLICE, HEALTH, CVS = "sutton-council", "sutton-police", "sutton-ccg", "Sutton CVS"
REPRESENTATIVE = "vco_representative"


@dataclass(frozen=True)
class Person:
    """Somebody who acts: an opaque id, in a role, for an organisation, told of as `words`."""

    id: str
    role: str
    organisation: str
    words: str


@dataclass(frozen=True)
class Vco:
    """A voluntary organisation of the journey, found in the imported register by its name."""

    key: str
    name: str
    emails: tuple[str, ...] = ()
    posted: bool = False
    """Whether it gives a registered address for letters."""


OFFICE = Person("p-101", "partnership_office", COUNCIL, "The partnership office")
OFFICE_2 = Person("p-102", "partnership_office", COUNCIL, "A second person of the partnership office")
COMMISSIONER = Person("p-201", "commissioner", COUNCIL, "The council's commissioner")
OFFICER = Person("p-202", "body_officer", COUNCIL, "A council officer")
MANAGER = Person("p-203", "commissioning_manager", COUNCIL, "The commissioning manager")
DECIDER = Person("p-204", "decider", COUNCIL, "A head of service, deciding up to £250,000,")
SENIOR = Person("p-205", "decider", COUNCIL, "The director, deciding up to £2,000,000,")
FINANCE = Person("p-206", "finance", COUNCIL, "The council's finance officer")
FINANCE_2 = Person("p-207", "finance", COUNCIL, "A second person of the council's finance")
POLICE_OFFICER = Person("p-301", "body_officer", POLICE, "A police officer for partnerships")
HEALTH_COMMISSIONER = Person("p-401", "commissioner", HEALTH, "The commissioner of health")
HEALTH_DECIDER = Person("p-402", "decider", HEALTH, "The decider of health")
LAWYER = Person("p-210", "monitoring_officer", COUNCIL, "The council's monitoring officer")
CHAIR = Person("p-208", "panel_member", COUNCIL, "The panel's chair")
SERGEANT = Person("p-302", "panel_member", POLICE, "A police sergeant on the panel")
REVIEWER = Person("p-303", "independent_reviewer", POLICE, "A reviewer of the police")
RESIDENT = Person("", "resident", "", "A resident, who gives no name,")
"""Acts without a token."""
AUDITOR = Person("p-501", "auditor", COUNCIL, "The auditor")

LIMITS = {
    DECIDER: (250_000, "Sutton Council scheme of delegation 4.2"),
    SENIOR: (2_000_000, "Sutton Council scheme of delegation 4.1"),
    FINANCE: (50_000, "Sutton Council financial regulations 3"),
    HEALTH_DECIDER: (250_000, "Health scheme of delegation 7"),
}
"""The limit of each decider and finance officer, and the authority it stands on."""
HOLDERS = (
    OFFICE_2, COMMISSIONER, OFFICER, MANAGER, DECIDER, SENIOR, FINANCE, FINANCE_2, POLICE_OFFICER,
    HEALTH_COMMISSIONER, HEALTH_DECIDER, REVIEWER, AUDITOR,
)  # fmt: skip

ADVICE = Vco("advice", "Arcadia Advice & Information", ("secretary@advice.example", "chair@advice.example"))
CARERS = Vco("carers", "Middlemarch Carers' Circle", ("stutter@carers.example",))
TRANSPORT = Vco("transport", "Barchester Community Transport", ("office@transport.example",))
VOLUNTEERS = Vco("volunteers", "Camelot Volunteers", ("office@volunteers.example",))
YOUTH = Vco("youth", "Melchester Youth Project", ("office@youth.example",))
NEIGHBOURS = Vco("neighbours", "Trumptonshire Good Neighbours", posted=True)
BEFRIENDING = Vco("befriending", "Ruritania Befriending", ("bounce@befriending.example",), posted=True)
REPAIR = Vco("repair", "Laputa Repair Workshop", ("office@repair.example",))
CHOIR = Vco("choir", "Utopia Choir", ("office@choir.example",))
HISTORY = Vco("history", "Erewhon History Group", ("office@history.example",))
FOOD = Vco("food", "Wonderland Food Bank", ("office@food.example",))
VCOS = (
    ADVICE, CARERS, TRANSPORT, VOLUNTEERS, YOUTH, NEIGHBOURS, BEFRIENDING, REPAIR, CHOIR, HISTORY, FOOD,
)  # fmt: skip


def representative(vco: Vco, organisation_id: str) -> Person:
    """The person who acts for a voluntary organisation."""
    return Person(f"p-9{VCOS.index(vco):02}", REPRESENTATIVE, organisation_id, vco.name)
