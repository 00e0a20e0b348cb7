"""The read tables of partners, and how they follow from the facts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from contracts import funding, partners
from services.partners.identity import DETAILS, name_key
from services.runtime.decisions import Recorded
from services.runtime.projections import Delete, Projections, RowChange, Table, Upsert

SEARCHED = ("charity_number", "company_number")


class Organisations(Table, key=("organisation_id",)):
    """Who is in the register."""

    organisation_id: str
    name: str = ""
    name_key: str = ""
    kind: str = ""
    charity_number: str | None = None
    company_number: str | None = None
    based_in_place: bool = True
    size: str = "unknown"
    serves_groups: tuple[str, ...] = ()
    registered_on: date | None = None
    verified_against: str | None = None
    verified_number: str | None = None
    suspended: bool = False
    suspension: dict[str, Any] | None = None
    """The document with the reasons."""
    dissolved_on: date | None = None
    successor_id: str | None = None


class OrganisationNumbers(Table, key=("organisation_id", "scheme")):
    """Under which number of a public register an organisation is found."""

    organisation_id: str
    scheme: str
    number: str = ""


class Signatories(Table, key=("organisation_id",)):
    """Who is bound by the Compact, from when, and who has yet to sign."""

    organisation_id: str
    joined_on: date | None = None
    pending: bool = False
    left_on: date | None = None
    succeeded_by: str | None = None


class OfficeHolders(Table, key=("holding",)):
    """Who holds which office: opaque ids only, for the partnership office and the auditor."""

    holding: str
    """Organisation, role and person in one."""
    organisation_id: str = ""
    role: str = ""
    person_id: str = ""
    limit_pounds: int | None = None
    authority: str = ""
    answers_to: str | None = None
    delegate_of: str | None = None


class Concerns(Table, key=("concern_id",)):
    """Concerns about independence, and what came of them."""

    concern_id: str
    organisation_id: str = ""
    body_id: str = ""
    words: dict[str, Any] | None = None
    answer_due_on: date | None = None
    finding: str = ""
    answered_for: str = ""
    answer: dict[str, Any] | None = None
    overdue: bool = False


class AgreementManagers(Table, key=("agreement_id",)):
    """Who manages each agreement for its funder (Strategic Partner Programme, Checks and balances)."""

    agreement_id: str
    programme_id: str = ""
    funder_id: str = ""
    organisation_id: str = ""
    person_id: str | None = None


class AdoptedRules(Table, key=("place", "adopted_on")):
    """Each set of rules by the day on which it was adopted."""

    place: str
    adopted_on: date
    rules_hash: str = ""
    rules: dict[str, Any] | None = None


class Imports(Table, key=("import_id",)):
    """What became of each imported file."""

    import_id: str
    lines: int = 0
    registered: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    contact_columns: int = 0
    refusals: list[Any] | None = None
    notes: list[Any] | None = None


projections = Projections(
    Organisations, OrganisationNumbers, Signatories, OfficeHolders, AgreementManagers, AdoptedRules, Imports, Concerns
)


@projections.of(partners.OrganisationRegistered)
def list_organisation(event: Recorded[partners.OrganisationRegistered]) -> Iterator[RowChange]:
    """Enter it, and its numbers."""
    fact = event.data
    yield Upsert(
        Organisations, fact.organisation_id, **_details(fact), kind=str(fact.kind), registered_on=fact.registered_on
    )
    yield from _numbers(fact)


@projections.of(partners.OrganisationDetailsChanged)
def correct_organisation(event: Recorded[partners.OrganisationDetailsChanged]) -> Iterator[RowChange]:
    """Set what changed."""
    yield Upsert(Organisations, event.data.organisation_id, **_details(event.data))
    yield from _numbers(event.data)


@projections.of(partners.OrganisationVerified)
def show_verification(event: Recorded[partners.OrganisationVerified]) -> Iterator[RowChange]:
    """Show the latest look-up."""
    fact = event.data
    yield Upsert(Organisations, fact.organisation_id, verified_against=fact.against, verified_number=fact.number)


@projections.of(partners.OrganisationSuspended)
def show_suspension(event: Recorded[partners.OrganisationSuspended]) -> Iterator[RowChange]:
    """Show that it may not enter new commitments."""
    reasons = event.data.reasons.model_dump(mode="json")
    yield Upsert(Organisations, event.data.organisation_id, suspended=True, suspension=reasons)


@projections.of(partners.OrganisationReinstated)
def show_reinstatement(event: Recorded[partners.OrganisationReinstated]) -> Iterator[RowChange]:
    """Show that it may act again."""
    yield Upsert(Organisations, event.data.organisation_id, suspended=False, suspension=None)


@projections.of(partners.OrganisationDissolved)
def show_dissolution(event: Recorded[partners.OrganisationDissolved]) -> Iterator[RowChange]:
    """Show the day of its end."""
    yield Upsert(Organisations, event.data.organisation_id, dissolved_on=event.data.dissolved_on)


@projections.of(partners.OrganisationSucceeded)
def show_successor(event: Recorded[partners.OrganisationSucceeded]) -> Iterator[RowChange]:
    """Show who took over."""
    yield Upsert(Organisations, event.data.organisation_id, successor_id=event.data.successor_id)


@projections.of(partners.SignatoryJoined)
def list_signatory(event: Recorded[partners.SignatoryJoined]) -> Iterator[RowChange]:
    """List the body as bound or pending."""
    fact = event.data
    yield Upsert(
        Signatories,
        fact.organisation_id,
        joined_on=fact.joined_on,
        pending=fact.pending,
        left_on=None,
        succeeded_by=None,
    )


@projections.of(partners.SignatoryLeft)
def show_departure(event: Recorded[partners.SignatoryLeft]) -> Iterator[RowChange]:
    """Show from when it is no longer bound."""
    fact = event.data
    yield Upsert(Signatories, fact.organisation_id, left_on=fact.left_on, succeeded_by=fact.succeeded_by)


@projections.of(partners.OfficeHolderAppointed)
def list_office_holder(event: Recorded[partners.OfficeHolderAppointed]) -> Iterator[RowChange]:
    """List the office with its limit and authority."""
    fact = event.data
    yield Upsert(
        OfficeHolders, _holding(fact), organisation_id=fact.organisation_id, role=fact.role, person_id=fact.person_id,
        limit_pounds=fact.limit_pounds, authority=fact.authority, answers_to=fact.answers_to,
        delegate_of=fact.delegate_of,
    )  # fmt: skip


@projections.of(partners.OfficeHolderRemoved)
def strike_office_holder(event: Recorded[partners.OfficeHolderRemoved]) -> Iterator[RowChange]:
    """Take the office off the list."""
    yield Delete(OfficeHolders, _holding(event.data))


@projections.of(funding.AgreementDrafted)
def await_manager(event: Recorded[funding.AgreementDrafted]) -> Iterator[RowChange]:
    """List the agreement as one that needs a manager."""
    fact = event.data
    yield Upsert(
        AgreementManagers, fact.agreement_id, programme_id=fact.programme_id, funder_id=fact.funder_id,
        organisation_id=fact.organisation_id,
    )  # fmt: skip


@projections.of(partners.CommissioningManagerNominated)
def show_manager(event: Recorded[partners.CommissioningManagerNominated]) -> Iterator[RowChange]:
    """Show who manages the agreement."""
    yield Upsert(AgreementManagers, event.data.agreement_id, person_id=event.data.person_id)


@projections.of(partners.CommissioningManagerReplaced)
def show_new_manager(event: Recorded[partners.CommissioningManagerReplaced]) -> Iterator[RowChange]:
    """Show who manages the agreement now."""
    yield Upsert(AgreementManagers, event.data.agreement_id, person_id=event.data.person_id)


@projections.of(partners.RulesAdopted)
def keep_rules(event: Recorded[partners.RulesAdopted]) -> Iterator[RowChange]:
    """Keep the whole set for its day."""
    fact = event.data
    rules = fact.rules.model_dump(mode="json")
    rules["calendar"]["bank_holidays"] = sorted(rules["calendar"]["bank_holidays"])
    yield Upsert(AdoptedRules, fact.place, fact.rules.adopted_on, rules_hash=fact.rules_hash, rules=rules)


@projections.of(partners.OrganisationsImported)
def keep_import_report(event: Recorded[partners.OrganisationsImported]) -> Iterator[RowChange]:
    """Keep what is to be said about the file, line by line."""
    fact = event.data
    yield Upsert(
        Imports, fact.import_id, lines=fact.lines, registered=fact.registered, changed=fact.changed,
        unchanged=fact.unchanged, refused=fact.refused, contact_columns=fact.contact_columns,
        refusals=[each.model_dump() for each in fact.refusals], notes=[each.model_dump() for each in fact.notes],
    )  # fmt: skip


Details = partners.OrganisationRegistered | partners.OrganisationDetailsChanged


def _details(fact: Details) -> dict[str, Any]:
    given = {key: value for key in DETAILS if (value := getattr(fact, key)) is not None}
    if "size" in given:
        given["size"] = str(given["size"])
    return given | ({"name_key": name_key(given["name"])} if "name" in given else {})


def _numbers(fact: Details) -> Iterator[RowChange]:
    for scheme in SEARCHED:
        if number := getattr(fact, scheme):
            yield Upsert(OrganisationNumbers, fact.organisation_id, scheme, number=number)


def _holding(fact: partners.OfficeHolderAppointed | partners.OfficeHolderRemoved) -> str:
    return f"{fact.organisation_id} {fact.role} {fact.person_id}"
