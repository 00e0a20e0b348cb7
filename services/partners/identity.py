"""How an organisation is known: its numbers in the public registers, or its name made comparable."""

from __future__ import annotations

import hashlib
import re
import unicodedata

DETAILS = ("name", "charity_number", "company_number", "based_in_place", "size", "serves_groups")
"""What is kept of an organisation, and can change."""
NOT_A_NUMBER = frozenset(
    {"", "-", "--", "0", "na", "n/a", "none", "no", "nil", "pending", "tbc", "tba", "unknown", "?"}
)
"""What people write where there is nothing to write."""
_CHARITY = re.compile(r"(?:\d{6,7}|SC\d{6}|NIC\d{6})(?:-\d{1,3})?")
_COMPANY = re.compile(r"\d{8}|[A-Z]{2}\d{6}")
_ENDINGS = frozenset({"ltd", "limited", "cic", "cio", "plc"})
_PERSON = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


def charity_number(text: str) -> str | None:
    """The number as the registers write it; `None` where nothing is given; ValueError where it cannot be one."""
    return _number(re.sub(r"^((charity|reg(istered)?|number|no)\b[ .:]*)+", "", text.strip(), flags=re.I), _CHARITY)


def company_number(text: str) -> str | None:
    """Eight characters: the noughts that spreadsheets drop are put back; ValueError where it cannot be one."""
    bare = re.sub(r"^((company|reg(istered)?|number|no)\b[ .:]*)+", "", text.strip(), flags=re.I)
    return _number(bare.zfill(8) if re.fullmatch(r"\d{5,7}", bare) else bare, _COMPANY)


def _number(text: str, shape: re.Pattern[str]) -> str | None:
    if text.strip().casefold() in NOT_A_NUMBER:
        return None
    number = re.sub(r"\s+|\.0$", "", text).upper()
    if not shape.fullmatch(number):
        raise ValueError("not a number of that register")
    return number


def name_key(name: str) -> str:
    """The name without case, accents, punctuation, a leading "the" and a legal form at the end."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    apart = re.sub(r"[^\w]+", " ", re.sub(r"['’`.]", "", plain.replace("&", " and ")))
    words = apart.replace("_", " ").split()
    words = words[1:] if words[:1] == ["the"] and len(words) > 1 else words
    words = words[:-1] if len(words) > 1 and words[-1] in _ENDINGS else words
    return " ".join(words)


def organisation_id(place: str, name: str, charity: str | None, company: str | None) -> str:
    """The id of 360Giving where there is a number (`GB-CHC-`, `GB-COH-`), else one derived from the name."""
    if charity:
        return f"{_charity_list(charity)}-{charity}"
    if company:
        return f"GB-COH-{company}"
    return f"{place}-{hashlib.sha256(name_key(name).encode()).hexdigest()[:12]}"


def _charity_list(number: str) -> str:
    return "GB-SC" if number.startswith("SC") else "GB-NIC" if number.startswith("NIC") else "GB-CHC"


def opaque(person_id: str) -> bool:
    """Whether an id of a person may enter the journal: no e-mail address, no spaces."""
    return bool(_PERSON.fullmatch(person_id))


def holds_contact_details(text: str) -> bool:
    """Whether a name carries an e-mail address, a web address or a telephone number, which belong elsewhere."""
    return "@" in text or "www." in text.casefold() or len(re.sub(r"\D", "", text)) > 8
