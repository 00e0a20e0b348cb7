"""The document store: whole or not at all, never replaced, handed out as stored."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from contracts.envelope import DocumentRef
from services.runtime import documents as store
from services.runtime.documents import (
    DocumentAbsent,
    DocumentAltered,
    DocumentDiffers,
    DocumentErased,
    Documents,
    DocumentTooLarge,
)

BID = "We would run a weekly lunch club. £4,000.".encode()


def everything_under(directory: Path) -> bytes:
    return b"".join(file.read_bytes() for file in directory.rglob("*") if file.is_file())


@pytest.fixture(params=["directory", "file", "memory"])
def funding(request: pytest.FixtureRequest, tmp_path: Path) -> Documents:
    where = {"directory": str(tmp_path / "documents"), "file": f"file://{tmp_path}/docs", "memory": "memory:///"}
    return Documents(where[request.param], "funding")


async def test_a_document_comes_back_as_it_was_stored(funding: Documents):
    ref = await funding.put("bid-1", "text/plain", BID)

    assert ref == DocumentRef(id="bid-1", media_type="text/plain", size=len(BID), hash=ref.hash)
    assert await funding.get(ref) == BID
    assert await funding.is_there(ref)


async def test_the_receipts_salt_and_the_text_prove_the_hash(funding: Documents):
    ref = await funding.put("bid-1", "text/plain", BID)

    salt = bytes.fromhex(await funding.salt_of(ref))

    assert len(salt) == 16
    assert hashlib.sha256(salt + BID).hexdigest() == ref.hash


async def test_the_same_text_under_two_ids_has_two_hashes(funding: Documents):
    one = await funding.put("bid-1", "text/plain", BID)
    other = await funding.put("bid-2", "text/plain", BID)

    assert one.hash != other.hash


async def test_the_same_document_handed_in_again_answers_as_the_first_time(funding: Documents):
    first = await funding.put("bid-1", "text/plain", BID)

    assert await funding.put("bid-1", "text/plain", BID) == first


async def test_handed_in_twice_at_the_same_moment_it_stands_once(funding: Documents):
    refs = await asyncio.gather(*(funding.put("bid-1", "text/plain", BID) for _ in range(8)))

    assert len({ref.hash for ref in refs}) == 1


async def test_another_document_never_replaces_the_first(funding: Documents):
    ref = await funding.put("bid-1", "text/plain", BID)

    with pytest.raises(DocumentDiffers):
        await funding.put("bid-1", "text/plain", BID + b" Or 5,000.")

    assert await funding.get(ref) == BID


async def test_an_empty_document_is_one(funding: Documents):
    ref = await funding.put("bid-1", "text/plain", b"")

    assert await funding.get(ref) == b""


async def test_a_document_over_twenty_mebibytes_is_refused(funding: Documents):
    with pytest.raises(DocumentTooLarge, match="bid-1"):
        await funding.put("bid-1", "application/pdf", bytes(20 * 1024 * 1024 + 1))


async def test_a_missing_document_is_absent(funding: Documents):
    ref = DocumentRef(id="bid-1", media_type="text/plain", size=3, hash="0" * 64)

    for reading in (funding.get(ref), funding.opened(ref), funding.open(ref), funding.salt_of(ref)):
        with pytest.raises(DocumentAbsent):
            await reading
    assert not await funding.is_there(ref)


@pytest.mark.parametrize("name", ["", "../funding/bid-1", "a/b", "bid 1", "bid-1\n", "bid.1", "x" * 81, "é"])
async def test_an_id_that_could_be_a_path_is_refused(funding: Documents, name: str):
    with pytest.raises(ValueError, match="letters, digits and hyphens"):
        await funding.put(name, "text/plain", BID)


def test_nobody_owns_the_opened_documents(tmp_path: Path):
    with pytest.raises(ValueError, match="nobody's own"):
        Documents(tmp_path, "opened")


async def test_other_services_read_a_document_only_once_it_is_opened(tmp_path: Path):
    funding, notifications = Documents(tmp_path, "funding"), Documents(tmp_path, "notifications")
    ref = await funding.put("letter-1", "text/plain", BID)
    with pytest.raises(DocumentAbsent):
        await notifications.opened(ref)

    await funding.open(ref)
    await funding.open(ref)

    assert await notifications.opened(ref) == BID
    with pytest.raises(DocumentAbsent):
        await notifications.get(ref)


async def test_a_document_changed_behind_our_back_is_never_handed_out_or_opened(tmp_path: Path):
    funding = Documents(tmp_path, "funding")
    ref = await funding.put("bid-1", "text/plain", BID)
    file = tmp_path / "funding" / "bid-1"

    file.write_bytes(file.read_bytes().replace(b"4,000", b"9,000"))

    for reading in (funding.get(ref), funding.open(ref), funding.salt_of(ref)):
        with pytest.raises(DocumentAltered):
            await reading
    assert not (tmp_path / "opened").exists()


async def test_an_opened_copy_does_not_change_with_the_original(tmp_path: Path):
    funding = Documents(tmp_path, "funding")
    ref = await funding.put("bid-1", "text/plain", BID)
    await funding.open(ref)

    with (tmp_path / "funding" / "bid-1").open("r+b") as file:
        file.write(bytes(32))

    assert await funding.opened(ref) == BID


async def test_an_erased_document_is_gone_with_its_salt_and_its_opened_copy(tmp_path: Path):
    funding = Documents(tmp_path, "funding")
    ref = await funding.put("bid-1", "text/plain", BID)
    await funding.open(ref)
    salt = bytes.fromhex(await funding.salt_of(ref))

    await funding.erase("bid-1")
    await funding.erase("bid-1")

    for reading in (funding.get(ref), funding.opened(ref), funding.open(ref), funding.salt_of(ref)):
        with pytest.raises(DocumentErased):
            await reading
    assert not await funding.is_there(ref)
    kept = everything_under(tmp_path)
    assert b"lunch club" not in kept
    assert salt not in kept


async def test_nothing_takes_the_place_of_an_erased_document(funding: Documents):
    await funding.put("bid-1", "text/plain", BID)
    await funding.erase("bid-1")

    for content in (BID, b"something else", store.ERASED, b""):
        with pytest.raises(DocumentErased):
            await funding.put("bid-1", "text/plain", content)


async def test_an_erasure_is_kept_even_where_a_restore_lost_the_document(funding: Documents):
    await funding.erase("bid-1")

    with pytest.raises(DocumentErased):
        await funding.put("bid-1", "text/plain", BID)


async def test_a_half_written_upload_is_not_a_document_and_goes_with_the_erasure(tmp_path: Path):
    funding = Documents(tmp_path, "funding")
    half = tmp_path / "funding" / "bid-1#1"
    half.parent.mkdir()
    half.write_bytes(bytes(16) + BID[:10])

    ref = await funding.put("bid-1", "text/plain", BID)

    assert await funding.get(ref) == BID
    await funding.erase("bid-1")
    assert not half.exists()


async def test_an_upload_under_way_cannot_be_seen_half_written(tmp_path: Path):
    funding = Documents(tmp_path, "funding")
    large = bytes(15 * 1024 * 1024)
    file = tmp_path / "funding" / "bid-1"

    uploading = asyncio.create_task(funding.put("bid-1", "application/pdf", large))
    sizes = set()
    while not uploading.done():
        sizes.add(file.stat().st_size if file.exists() else 0)
        await asyncio.sleep(0)

    assert sizes <= {0, len(large) + 16}
    assert await funding.get(await uploading) == large
