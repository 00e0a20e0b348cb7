"""What the partnership office records: who is a partner, which rules hold, who holds which office."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contracts.envelope import Audience, DocumentRef, Event, Hash, Record, Tag
from contracts.rules import RuleSet

PRIVATE, SERVICES, PARTNERS = Audience.PRIVATE, Audience.SERVICES, Audience.PARTNERS

OrganisationId = Annotated[str, Tag("organisation")]
PersonId = Annotated[str, Tag("person")]
PlaceName = Annotated[str, Tag("place")]
RegisterName = Annotated[str, Tag("register")]
"""Carried by what says who is in the register, so that numbers and names stay unique within it."""


class OrganisationKind(StrEnum):
    """What kind of organisation a partner is."""

    VCO = "vco"
    INFRASTRUCTURE = "infrastructure"
    """The sector's own infrastructure body, such as Sutton CVS: neither bids nor scores."""
    COUNCIL = "council"
    POLICE = "police"
    FIRE = "fire"
    HEALTH = "health"
    BUSINESS = "business"


class Size(StrEnum):
    """Size of an organisation by yearly income, where it is known."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    UNKNOWN = "unknown"


class RulesAdopted(Event, wire="partners.rules_adopted", audience=PARTNERS):
    """The place adopted this whole set of rules; decisions from that day on are held to it."""

    place: PlaceName
    rules: RuleSet
    rules_hash: Hash


class SignatoryJoined(Event, wire="partners.signatory_joined", audience=PARTNERS):
    """A public body signed the Compact, or is named in it and has yet to sign (pending: gates only warn it)."""

    organisation_id: OrganisationId
    place: PlaceName
    joined_on: date
    pending: bool


class SignatoryLeft(Event, wire="partners.signatory_left", audience=PARTNERS):
    """A public body is no longer bound by the Compact from this day."""

    organisation_id: OrganisationId
    place: PlaceName
    left_on: date
    succeeded_by: str | None = None
    """The body that took over what it held, and stands in for it from now on."""


class OrganisationRegistered(Event, wire="partners.organisation_registered", audience=PARTNERS):
    """An organisation entered the register of partners."""

    organisation_id: OrganisationId
    name: str
    kind: OrganisationKind
    charity_number: str | None = None
    company_number: str | None = None
    based_in_place: bool = True
    size: Size = Size.UNKNOWN
    serves_groups: tuple[str, ...] = ()
    registered_on: date
    register_name: RegisterName = "organisations"
    imported: Hash | None = None
    """SHA-256 of the file it came from; `None` where a person entered it."""


class OrganisationDetailsChanged(Event, wire="partners.organisation_details_changed", audience=PARTNERS):
    """Details of an organisation changed; what a person changed is never overwritten by an import."""

    organisation_id: OrganisationId
    by_itself: bool
    name: str | None = None
    charity_number: str | None = None
    company_number: str | None = None
    based_in_place: bool | None = None
    size: Size | None = None
    serves_groups: tuple[str, ...] | None = None
    register_name: RegisterName = "organisations"
    imported: Hash | None = None
    """SHA-256 of the file that said so; `None` where a person did."""


class ImportLine(Record):
    """What is to be said about one line of an imported file: where and which, never its words."""

    line: int = Field(ge=1)
    column: str
    """The register's own name of the column, such as `charity_number`; empty for the whole line."""
    code: str
    other_line: int | None = None
    """The earlier line of the same organisation, where there is one."""


class OrganisationsImported(Event, wire="partners.organisations_imported", audience=PRIVATE):
    """A file of organisations was imported: what landed, which lines did not and why; the same file lands once."""

    import_id: Annotated[str, Tag("import")]
    file: Hash
    lines: int
    registered: int
    changed: int
    unchanged: int
    refused: int
    refusals: tuple[ImportLine, ...]
    """The first thousand."""
    notes: tuple[ImportLine, ...]
    """What a landed line said that the register did not take over; the first thousand."""
    contact_columns: int
    """Columns with contact details: counted, never read."""
    register_name: RegisterName = "organisations"


class OrganisationVerified(Event, wire="partners.organisation_verified", audience=PARTNERS):
    """The partnership office checked an organisation against a public register."""

    organisation_id: OrganisationId
    against: str
    number: str


class OrganisationSuspended(Event, wire="partners.organisation_suspended", audience=SERVICES):
    """An organisation may not enter new commitments until it is reinstated; the reasons are in the document."""

    organisation_id: OrganisationId
    reasons: DocumentRef


class OrganisationReinstated(Event, wire="partners.organisation_reinstated", audience=SERVICES):
    """A suspended organisation may act again."""

    organisation_id: OrganisationId


class OrganisationDissolved(Event, wire="partners.organisation_dissolved", audience=PARTNERS):
    """An organisation no longer exists from this day."""

    organisation_id: OrganisationId
    dissolved_on: date
    register_name: RegisterName = "organisations"
    place: PlaceName | None = None
    """Where it was registered: there its end is a standing fact."""


class OrganisationSucceeded(Event, wire="partners.organisation_succeeded", audience=PARTNERS):
    """Another organisation took over what this one held, from this day."""

    organisation_id: OrganisationId
    successor_id: OrganisationId
    succeeded_on: date
    register_name: RegisterName = "organisations"
    place: PlaceName | None = None
    """Where it was registered: there the succession is a standing fact."""


class OfficeHolderAppointed(Event, wire="partners.office_holder_appointed", audience=SERVICES):
    """A person, known by an opaque id, holds an office: for which organisation, up to what limit, as whose delegate."""

    person_id: PersonId
    organisation_id: OrganisationId
    place: PlaceName
    role: str
    limit_pounds: int | None = None
    authority: str = ""
    """The instrument the office stands on, for example a scheme of delegation and its paragraph."""
    answers_to: str | None = None
    """The role this office answers to."""
    delegate_of: str | None = None
    """The person whose acts this person's acts count as."""


class OfficeHolderRemoved(Event, wire="partners.office_holder_removed", audience=SERVICES):
    """A person no longer holds an office."""

    person_id: PersonId
    organisation_id: OrganisationId
    place: PlaceName
    role: str


class PersonErased(Event, wire="partners.person_erased", audience=SERVICES):
    """What was kept to reach a person is erased; the proof that it stood remains."""

    person_id: PersonId


class CommissioningManagerNominated(Event, wire="partners.commissioning_manager_nominated", audience=SERVICES):
    """The council named the officer who manages an agreement (Strategic Partner Programme, Checks and balances)."""

    agreement_id: Annotated[str, Tag("agreement")]
    organisation_id: OrganisationId
    person_id: PersonId


class CommissioningManagerReplaced(Event, wire="partners.commissioning_manager_replaced", audience=SERVICES):
    """Another officer of the council manages an agreement from now on."""

    agreement_id: Annotated[str, Tag("agreement")]
    organisation_id: OrganisationId
    person_id: PersonId
    former_person_id: PersonId
