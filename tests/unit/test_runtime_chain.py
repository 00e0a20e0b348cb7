"""Each row of a journal proves every row before it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.runtime import chain

VECTOR = json.loads((Path(__file__).parent / "chain_vector.json").read_text())


def rows() -> list[dict[str, Any]]:
    return [
        row | {
            "time": datetime.fromisoformat(row["time"]), "recorded": datetime.fromisoformat(row["recorded"]),
            "origin_hash": bytes.fromhex(row["origin_hash"]), "data": row["data"].encode(),
            "hash": bytes.fromhex(row["hash"]),
        }
        for row in VECTOR["rows"]
    ]  # fmt: skip


def test_the_chain_is_the_committed_one() -> None:
    before = chain.GENESIS

    assert before.hex() == VECTOR["genesis"]
    for row in rows():
        assert chain.link(before, row) == row["hash"]
        before = row["hash"]


def test_the_first_link_is_what_the_description_says() -> None:
    row = rows()[0]

    written = (
        b"1:1,2:01,15:/sutton/funding,21:funding.bid_submitted,27:2014-03-30T01:00:00.000001Z,"
        b"27:2014-03-30T01:00:00.000001Z,9:officer-1,12:commissioner,14:sutton-council,3:c-1,0:,"
        b"18:bid:1 programme:\xc3\xb6,7:private,19:t.partners.events=7,1:0,0:,"
    )
    genesis = hashlib.sha256(b"compact journal 1").digest()
    assert row["hash"] == hashlib.sha256(genesis + written + row["data"]).digest()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("position", 2), ("id", "011"), ("source", "/sutton/partners"), ("type", "funding.bid_withdrawn"),
        ("time", datetime(2014, 3, 30, 1, 0, 0, 2, UTC)), ("recorded", datetime(2014, 3, 30, 1, 0, 0, 2, UTC)),
        ("actor", "officer-2"), ("role", "decider"), ("onbehalfof", "another"), ("correlationid", "c-2"),
        ("causationid", "c"), ("tags", ["bid:1"]), ("audience", "partners"), ("knew", ""), ("sequence", 1),
        ("origin_hash", b"\0"), ("data", b'{"pounds":2}'),
    ],
)  # fmt: skip
def test_every_attribute_is_proved(column: str, value: Any) -> None:
    row = rows()[0]

    assert chain.link(chain.GENESIS, row | {column: value}) != row["hash"]


def test_what_moves_from_one_attribute_to_the_next_changes_the_hash() -> None:
    row = rows()[0]

    moved = row | {"actor": row["actor"] + row["role"], "role": ""}

    assert chain.link(chain.GENESIS, moved) != row["hash"]


def test_a_row_proves_the_rows_before_it() -> None:
    first, second = rows()[:2]

    other = chain.link(chain.GENESIS, first | {"data": b"{}"})

    assert chain.link(other, second) != second["hash"]


@pytest.mark.parametrize("year", [1, 999, 2014, 9999])
def test_a_moment_is_spelt_one_way(year: int) -> None:
    assert chain.iso(datetime(year, 1, 2, tzinfo=UTC)) == f"{year:04}-01-02T00:00:00.000000Z"
