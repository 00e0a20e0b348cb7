"""What is sent to partners over HTTP. Reasons go to a document; persons are opaque ids, which the decision checks."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from contracts.partners import OrganisationKind, Size
from services.partners import cells, identity


def _name(text: str) -> str:
    try:
        return cells.name(text)
    except cells.Fault as fault:
        raise ValueError(f"this is no name of an organisation: {fault.code}") from None


def _groups(parts: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return cells.groups(";".join(parts)) or ()
    except cells.Fault:
        raise ValueError("groups are short words, without names or numbers") from None


def _charity(text: object) -> object:
    return identity.charity_number(text) if isinstance(text, str) else text


def _company(text: object) -> object:
    return identity.company_number(text) if isinstance(text, str) else text


Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$", examples=["GB-CHC-9900001"])]
Name = Annotated[str, Field(max_length=cells.LONGEST_NAME), AfterValidator(_name)]
Charity = Annotated[str | None, BeforeValidator(_charity), Field(examples=["9900001"])]
Company = Annotated[str | None, BeforeValidator(_company), Field(examples=["99000001"])]
Groups = Annotated[tuple[str, ...], Field(max_length=20, examples=[["carers"]]), AfterValidator(_groups)]
Person = Annotated[str, Field(min_length=1, max_length=128, examples=["p-1041"])]
Role = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", examples=["commissioner"])]
Words = Annotated[str, Field(min_length=10, max_length=20_000)]
Instrument = Annotated[str, Field(max_length=200, pattern=r"^[^@]*$", examples=["Scheme of delegation 4.2"])]


class Form(BaseModel):
    """A form: what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class RulesForm(Form):
    """The place whose shipped rules are adopted."""

    place: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$", examples=["sutton"])]


class SignatoryForm(Form):
    """A body that signed, or that is named and has yet to sign."""

    organisation_id: Id
    joined_on: date = Field(examples=["2013-10-01"])
    pending: bool = False


class DepartureForm(Form):
    """The day from which a body is no longer bound."""

    left_on: date = Field(examples=["2014-10-01"])


class OrganisationForm(Form):
    """An organisation for the register; the id is needed only for a public body."""

    organisation_id: Id | None = None
    name: Name = Field(examples=["Ambleford Lunch Club"])
    kind: OrganisationKind = OrganisationKind.VCO
    charity_number: Charity = None
    company_number: Company = None
    based_in_place: bool = True
    size: Size = Size.UNKNOWN
    serves_groups: Groups = ()
    registered_on: date | None = Field(None, examples=["2013-11-01"])


class DetailsForm(Form):
    """Details to change; what is left out stays as it is."""

    name: Name | None = None
    charity_number: Charity = None
    company_number: Company = None
    based_in_place: bool | None = None
    size: Size | None = Field(None, examples=["small"])
    serves_groups: Groups | None = None


class VerificationForm(Form):
    """Which public register the organisation was looked up in, and under which number."""

    against: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z .&'-]{2,59}$", examples=["Charity Commission"])]
    number: Annotated[str, Field(pattern=r"^[A-Z0-9-]{6,12}$", examples=["9900001"])]


class SuspensionForm(Form):
    """Why an organisation is suspended."""

    reasons: Words = Field(examples=["The charity regulator has opened an inquiry into the accounts."])


class DissolutionForm(Form):
    """The day from which an organisation no longer exists."""

    dissolved_on: date = Field(examples=["2014-06-30"])


class SuccessionForm(Form):
    """Who took over what an organisation held, and from which day."""

    successor_id: Id
    succeeded_on: date = Field(examples=["2014-06-30"])


class AppointmentForm(Form):
    """An office for a person, known by an opaque id."""

    person_id: Person
    organisation_id: Id
    role: Role
    limit_pounds: int | None = Field(None, ge=0, le=10**12, examples=[250_000])
    authority: Instrument = ""
    answers_to: Role | None = Field(None, examples=["decider"])
    delegate_of: Person | None = None


class RemovalForm(Form):
    """The office that a person no longer holds."""

    person_id: Person
    organisation_id: Id
    role: Role


class ErasureForm(Form):
    """The person for whom everything kept to reach it is erased."""

    person_id: Person


class ManagerForm(Form):
    """The officer who manages an agreement."""

    person_id: Person
