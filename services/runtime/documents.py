"""Guarantee: a document is stored whole or not at all, is never replaced, and is only handed out as it was stored.

An event carries id, media type, size and salted hash; the content lies here, behind 16 random bytes of salt. Each
service has an area of its own; what an event opens to the other services is copied to `opened/`. Erasing leaves a mark
in place of the content: the hash in the journal still proves that a document stood, and nothing takes its place.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, ObjectStore, from_url

from contracts.envelope import DocumentRef

LARGEST = 20 * 1024 * 1024
SALT = 16
OPENED = "opened"
ERASED = b"erased"
"""What stands in place of an erased document; shorter than any salt, so that it cannot be one."""


class DocumentRefused(Exception):
    """Something is wrong with a document; the message names its id only."""

    def __init__(self, document_id: str) -> None:
        super().__init__(f"{self.__doc__} ({document_id})")
        self.document_id = document_id


class DocumentTooLarge(DocumentRefused):
    """The document is larger than 20 MiB."""


class DocumentDiffers(DocumentRefused):
    """Another document already stands under this id."""


class DocumentAbsent(DocumentRefused):
    """No document stands under this id; it may yet arrive."""


class DocumentAltered(DocumentRefused):
    """The document is not the one whose hash stands in the journal."""


class DocumentErased(DocumentRefused):
    """The document was erased."""


class Documents:
    """One service's area of the document store, and what the services opened to each other."""

    def __init__(self, store: str | Path, area: str) -> None:
        if area == OPENED:
            raise ValueError(f"{OPENED} is what all services read, and nobody's own area")
        self._area = _plain(area)
        self._directory = _directory_of(str(store))
        self._store = _store_at(str(store), self._directory)

    async def put(self, document_id: str, media_type: str, content: bytes) -> DocumentRef:
        """Store a document once; the same content under the same id again answers as the first time."""
        if len(content) > LARGEST:
            raise DocumentTooLarge(document_id)
        stored = secrets.token_bytes(SALT) + content
        if not await self._create(self._area, document_id, stored):
            stored = await self._read(self._area, document_id)
        if stored[SALT:] != content:
            raise DocumentDiffers(document_id)
        return DocumentRef(id=document_id, media_type=media_type, size=len(content), hash=_hash(stored))

    async def get(self, ref: DocumentRef) -> bytes:
        """A document of one's own, checked against its hash."""
        return (await self._checked(self._area, ref))[SALT:]

    async def salt_of(self, ref: DocumentRef) -> str:
        """The salt, hexadecimal, for the receipt: whoever has it and the text can prove what was handed in."""
        return (await self._checked(self._area, ref))[:SALT].hex()

    async def is_there(self, ref: DocumentRef) -> bool:
        """Whether the document stands in one's own area, not erased and of the right size."""
        try:
            return (await obstore.head_async(self._store, _path(self._area, ref.id)))["size"] == SALT + ref.size
        except FileNotFoundError:
            return False

    async def open(self, ref: DocumentRef) -> None:
        """Copy a document of one's own, salt and content, to where the other services may read it."""
        if not await self._create(OPENED, ref.id, await self._checked(self._area, ref)):
            await self._checked(OPENED, ref)

    async def opened(self, ref: DocumentRef) -> bytes:
        """A document that some service opened, checked against its hash."""
        return (await self._checked(OPENED, ref))[SALT:]

    async def erase(self, document_id: str) -> None:
        """Put the mark of erasure in place of a document and its opened copy, salts included, for good."""
        # The area first: an `open` that has read it by then finds the mark in `opened` and leaves it there.
        for area in (self._area, OPENED):
            await obstore.put_async(self._store, _path(area, document_id), ERASED, mode="overwrite")
            await asyncio.to_thread(self._sweep, area, document_id)

    async def _create(self, area: str, document_id: str, stored: bytes) -> bool:
        path, new = _path(area, document_id), True
        try:
            await obstore.put_async(self._store, path, stored, mode="create")
        except AlreadyExistsError:
            new = False  # perhaps by one that fell before it was settled
        await asyncio.to_thread(self._settle, path)
        return new

    async def _checked(self, area: str, ref: DocumentRef) -> bytes:
        stored = await self._read(area, ref.id)
        if _hash(stored) != ref.hash:
            raise DocumentAltered(ref.id)
        return stored

    async def _read(self, area: str, document_id: str) -> bytes:
        try:
            found = await obstore.get_async(self._store, _path(area, document_id))
            stored = bytes(await found.bytes_async())
        except FileNotFoundError:
            raise DocumentAbsent(document_id) from None
        if stored == ERASED:
            raise DocumentErased(document_id)
        return stored

    def _settle(self, path: str) -> None:
        """Make a directory's file outlast a power cut, before any event says that it stands."""
        if self._directory is None:
            return
        for each in (self._directory / path, (self._directory / path).parent):
            descriptor = os.open(each, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _sweep(self, area: str, document_id: str) -> None:
        """Remove what an interrupted upload left beside a document in a directory, and settle the mark."""
        if self._directory is not None:
            for half in (self._directory / area).glob(f"{document_id}#*"):
                half.unlink(missing_ok=True)
            self._settle(_path(area, document_id))


def _directory_of(store: str) -> Path | None:
    if store.startswith("file://"):
        return Path(unquote(urlsplit(store).path))
    return None if "://" in store else Path(store).absolute()


def _store_at(store: str, directory: Path | None) -> ObjectStore:
    if directory is None:
        return from_url(store)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return LocalStore(prefix=directory)


def _path(area: str, document_id: str) -> str:
    return f"{area}/{_plain(document_id)}"


def _plain(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]{1,80}", name):
        raise ValueError("expected up to 80 letters, digits and hyphens")
    return name


def _hash(stored: bytes) -> str:
    return hashlib.sha256(stored).hexdigest()
