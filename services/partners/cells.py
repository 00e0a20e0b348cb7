"""What people write into the cells of a list of organisations, and what it means; anything else is a Fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

from contracts.partners import OrganisationKind, Size
from services.partners import identity

T = TypeVar("T")

DATES = (
    "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d", "%d %b %Y", "%d %B %Y",
    "%d/%m/%y", "%d %b %y", "%d %B %y",
)  # fmt: skip
YES = frozenset({"y", "yes", "true", "1", "x", "local", "here"})
NO = frozenset({"n", "no", "false", "0", "elsewhere", "outside", "not local"})
IMPORTED_KINDS = {
    "vco": OrganisationKind.VCO, "charity": OrganisationKind.VCO, "voluntary": OrganisationKind.VCO,
    "community group": OrganisationKind.VCO, "infrastructure": OrganisationKind.INFRASTRUCTURE,
    "cvs": OrganisationKind.INFRASTRUCTURE, "business": OrganisationKind.BUSINESS,
}  # fmt: skip
MEDIUM_FROM, LARGE_FROM = 100_000, 1_000_000
"""Yearly income in pounds from which an organisation is medium and large, as the sector's almanac counts."""
LONGEST_NAME, LONGEST_GROUP = 200, 60
_GROUP = re.compile(r"[^\W\d_][^\W\d_'’ ,&/()-]*(?:[ '’&/()-]+[^\W\d_]+\)?)*")
_GARBLED = re.compile("\ufffd|Ã[\u0080-\u00bf‚-™¡-¿]|â€|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Fault(Exception):
    """A cell that cannot be read; the code says why, and nothing repeats what stands in it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def name(text: str) -> str:
    """An organisation's name: one line, no control characters, nobody's contact details."""
    plain = " ".join(text.split())
    if not identity.name_key(plain):
        raise Fault("name_missing")
    if len(plain) > LONGEST_NAME:
        raise Fault("name_too_long")
    if _GARBLED.search(plain):
        raise Fault("name_garbled")
    if identity.holds_contact_details(plain):
        raise Fault("name_holds_contact_details")
    return plain


def charity_number(text: str) -> str | None:
    """A charity's number, where one is given."""
    return _read(identity.charity_number, text, "charity_number_unreadable")


def company_number(text: str) -> str | None:
    """A company's number, where one is given."""
    return _read(identity.company_number, text, "company_number_unreadable")


def day(text: str) -> date | None:
    """A date as people here write it, day before month; never guessed."""
    plain = re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", " ".join(text.split()), flags=re.I)
    plain = re.sub(r"[ T]00:00(:00)?$", "", plain).replace("Sept ", "Sep ")
    plain = re.sub(r"^(\d{1,2})-([A-Za-z]{3,9})-(\d{2,4})$", r"\1 \2 \3", plain)
    if plain.casefold() in identity.NOT_A_NUMBER:
        return None
    return _first_day(plain)


def _first_day(plain: str) -> date:
    for form in DATES:
        try:
            found = datetime.strptime(plain, form).date()  # noqa: DTZ007 -- a day, not a moment
        except ValueError:
            continue
        if 1600 <= found.year <= 2200:
            return found
    raise Fault("date_unreadable")


def kind(text: str) -> OrganisationKind | None:
    """What kind of partner it is; a public body does not enter the register by a list."""
    plain = text.strip().casefold()
    if plain and plain not in IMPORTED_KINDS:
        raise Fault("kind_not_imported")
    return IMPORTED_KINDS.get(plain)


def size(text: str) -> Size | None:
    """Small, medium or large, or the yearly income in pounds."""
    plain = re.sub(r"[£,\s]|\.\d\d$", "", text.casefold())
    if plain in identity.NOT_A_NUMBER and plain != "0":
        return None
    if plain in ("small", "medium", "large"):
        return Size(plain)
    if not re.fullmatch(r"\d{1,12}", plain):
        raise Fault("size_unreadable")
    return Size.LARGE if int(plain) >= LARGE_FROM else Size.MEDIUM if int(plain) >= MEDIUM_FROM else Size.SMALL


def here(text: str, place: str) -> bool | None:
    """Whether yes, no, or the name of a town means this place."""
    plain = " ".join(text.casefold().split())
    if plain in YES or plain in NO:
        return plain in YES
    return place.replace("-", " ") in plain if plain not in identity.NOT_A_NUMBER else None


def groups(text: str) -> tuple[str, ...] | None:
    """The groups an organisation serves, in short words; a sentence or a number is refused, as it may name a person."""
    parts = tuple(dict.fromkeys(" ".join(part.split()).casefold() for part in re.split(r"[;,|\n]", text)))
    named = tuple(part for part in parts if part not in identity.NOT_A_NUMBER)
    if any(len(part) > LONGEST_GROUP or not _GROUP.fullmatch(part) for part in named) or len(named) > 20:
        raise Fault("groups_unreadable")
    return named or None


def _read(read: Callable[[str], T], text: str, code: str) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise Fault(code) from error
