"""A list of organisations such as a partnership office has one: plainly fictional, and messy in known ways."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

PLACES = (
    "Arcadia", "Avalon", "Barchester", "Blefuscu", "Brigadoon", "Brobdingnag", "Camelot", "Carcosa", "Casterbridge",
    "Cloudcuckooland", "Cockaigne", "Elsinore", "Erewhon", "Glubbdubdrib", "Houyhnhnm", "Illyria", "Kôr", "Laputa",
    "Llareggub", "Lyonesse", "Melchester", "Middlemarch", "Neverland", "Prospero's Isle", "Ruritania", "Starkadder",
    "Shangri-La", "Thule", "Trumptonshire", "Utopia", "Vanity Fair", "Wonderland", "Xanadu", "Ys",
)  # fmt: skip
ACTIVITIES = (
    "Lunch Club", "Carers' Circle", "Youth Project", "Befriending", "Community Transport", "Advice & Information",
    "Allotment Society", "Café for All", "Choir", "Disability Forum", "Food Bank", "Good Neighbours", "History Group",
    "Job Club", "Mediation", "Playgroup", "Repair Workshop", "Volunteers",
)  # fmt: skip
GROUPS = ("carers", "older people; carers", "young people", "", "disabled people", "everyone", "families; children")
HEADER = (
    "Charity No.", "NAME OF ORGANISATION", "Type", "Company number", "Based in", "Works in", "Annual income",
    "Who it serves", "Date Joined", "Contact name", "E-mail", "Mobile",
)  # fmt: skip
ORGANISATIONS = len(PLACES) * len(ACTIVITIES)
JOINED_FROM = date(2004, 1, 5)


@dataclass(frozen=True)
class MessyFile:
    """The bytes of a list, and what becomes of it: organisations that land, lines that repeat one, lines refused."""

    data: bytes
    organisations: int
    repeated: int
    refused: int


def messy_register() -> MessyFile:
    """The list of the demonstration: UTF-8 with a BOM, lines of Windows-1252 pasted in between, semicolons, gaps."""
    good = [_line(_good(n), n) for n in range(ORGANISATIONS)]
    repeated = [_line(_good(n, shout=True), n) for n in (3, 40, 77, 114, 151, 188)]
    bad = list(_bad_lines())
    lines = _mixed([*good, *repeated], bad)
    data = codecs.BOM_UTF8 + _line(HEADER, 0) + b"".join(lines) + b"9900999;Cut Off"
    return MessyFile(data, ORGANISATIONS, len(repeated), len(bad) + 1)


def _good(n: int, *, shout: bool = False) -> tuple[str, ...]:
    """The row of one organisation; the first is Sutton CVS, the sector's own infrastructure body."""
    name = "Sutton CVS" if n == 0 else f"{'The ' if n % 9 == 4 else ''}{PLACES[n % 34]} {ACTIVITIES[n // 34]}"
    return (
        f"99{n:05}" if n % 3 == 1 else ("", "n/a", "none", "pending")[n % 4],
        name.upper() if shout else name,
        "infrastructure" if n == 0 else "",
        f"{99_000_000 + n}" if n % 7 == 2 else "",
        "Merton" if n % 11 == 5 else "Sutton",
        "yes" if n % 11 == 5 else "",
        ("£8,500", "small", "120000", "", "£1,250,000.00")[n % 5],
        GROUPS[n % 7],
        _odd_date(JOINED_FROM + timedelta(days=5 * n), n),
        f"Contact {n}",
        f"contact{n}@example.invalid",
        f"07700 900{n % 1000:03}",
    )


def _odd_date(day: date, n: int) -> str:
    forms = ("%d/%m/%Y", "%Y-%m-%d", "%d %b %y", "%d.%m.%Y", "%d-%b-%y", "%d %B %Y", "")
    return day.strftime(forms[n % len(forms)])


def _line(cells: Sequence[str], n: int) -> bytes:
    """One line: quoted where it must be, some of it as Windows wrote it, some ends as Unix writes them."""
    text = ";".join(f'"{cell}"' if ";" in cell or n % 13 == 6 else cell for cell in cells)
    return text.encode("cp1252" if n % 2 else "utf-8") + (b"\n" if n % 17 == 8 else b"\r\n")


def _bad_lines() -> Iterator[bytes]:
    for at, (column, cell) in enumerate(BAD_CELLS):
        cells = ["", f"Nowhere Club {at}", "", "", "", "", "small", *[""] * 5]
        cells[column] = cell
        yield _line(cells, 2)
    yield _line(["", "Nowhere Elsewhere Club", "", "", "Croydon", "no", *[""] * 6], 2)
    yield _line(["", "Nowhere Wide Club", *[""] * 11, "one cell too many"], 2)
    yield b";Nowhere NUL\x00 Club;;;;;;;;;;\r\n"
    yield b';"Nowhere Quote Club;;;;;;;;;;\r\n'
    yield _line(["", "Nowhere Long Club", *["x" * 30_000] * 3], 2)


BAD_CELLS = (
    (0, "12"), (1, ""), (1, "Write to club@example.invalid"), (1, "Nowhere CafÃ© Club"), (2, "council"),
    (3, "99-CLUB"), (6, "plenty"), (7, "ring 07700 900123"), (8, "31/02/2013"), (8, "soon"), (8, "12/31/2012"),
    (8, "01/01/2031"),
)  # fmt: skip
"""Column and cell of each line that cannot be read."""


def _mixed(lines: Sequence[bytes], bad: Sequence[bytes]) -> Iterator[bytes]:
    """The bad lines among the others, with an empty line here and there."""
    between = dict(zip(range(20, 20 + 35 * len(bad), 35), bad, strict=True))
    for at, line in enumerate(lines):
        yield from (between[at],) if at in between else ()
        yield line
        if at % 50 == 49:
            yield b";;;;;;;;;;;\r\n"
        elif at % 50 == 24:
            yield b"\r\n"
