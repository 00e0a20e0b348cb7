"""One real-looking message per event type, made the same way every time from the values in `story` and `particulars`.

A field that the tables do not know gets a plain value of its type, so that a new field never stands in the way.
"""

from __future__ import annotations

import hashlib
import json
import types
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from contracts.binding import JournalHead, headers_of
from contracts.envelope import DocumentRef, Envelope, Event
from contracts.rules import Citation
from contracts.tools.events import MESSAGES, family, publishers_of
from contracts.tools.particulars import ACTORS, BY_DEFAULT, MOMENTS, OF_EVENT
from contracts.tools.story import FIELDS, RECORDS

PLACE = "sutton"

_PLAIN: dict[Any, Any] = {int: 1, float: 1.0, bool: True, date: "2014-04-01", datetime: "2014-04-01T08:00:00Z"}
_HASH_PATTERN = "[0-9a-f]{64}"
_WRITTEN_AS: dict[type, type] = {date: str, datetime: str}


def sample_of(event: type[Event]) -> dict[str, Any]:
    """The sample as it is committed: headers, key and data of the message."""
    data = data_of(event)
    envelope = envelope_of(event, event.model_validate(data))
    position = 101 + 7 * list(MESSAGES).index(event.wire)
    headers = headers_of(
        envelope,
        sequence=position,
        previous=position if event is JournalHead else position - 3,
        hash=_hash(event.wire),
        knew=f"{PLACE}.partners.events=96",
    )
    return {"headers": {name: value.decode() for name, value in headers}, "key": envelope.subject, "data": data}


def data_of(event: type[Event]) -> dict[str, Any]:
    """The event's own JSON, as pydantic writes it."""
    given = _record(event, OF_EVENT.get(event.wire, {}), event.wire)
    if "opens" in event.model_fields:
        given["opens"] = list(_documents({name: value for name, value in given.items() if name != "opens"}))
    written: dict[str, Any] = json.loads(event.model_validate(given).model_dump_json())
    return written


def envelope_of(event: type[Event], data: Event) -> Envelope:
    """The attributes of the sample message."""
    actor, role, onbehalfof = ACTORS.get(event.wire, BY_DEFAULT.get(family(event), BY_DEFAULT["compact"]))
    moment = _moments()[event.wire]
    return Envelope(
        id=_id(event.wire, moment),
        source=f"/{PLACE}/{publishers_of(event)[-1] if family(event) != 'compact' else 'funding'}",
        type=event.wire,
        subject=data.tags[0],
        time=moment,
        actor=actor,
        role=role,
        onbehalfof=onbehalfof,
        correlationid=_id(f"correlation of {event.wire}", moment),
        causationid=_id(f"cause of {event.wire}", moment) if role == "system" else "",
        tags=data.tags,
    )


@cache
def _moments() -> dict[str, datetime]:
    moments: dict[str, datetime] = {}
    moment = datetime.fromisoformat("2014-04-01T08:00:00Z")
    for wire in MESSAGES:
        moment = datetime.fromisoformat(MOMENTS[wire]) if wire in MOMENTS else moment + timedelta(seconds=11137.307)
        moments[wire] = moment
    return moments


def _record(model: type[BaseModel], given: dict[str, Any], path: str) -> dict[str, Any]:
    given = {**RECORDS.get(model.__name__, {}), **given}
    if model is DocumentRef:
        return _document(path)
    if model is Citation:
        return {"document": "Sutton Compact", "clause": "3.4.4", **given}
    return {
        name: _completed(field.annotation, given[name], f"{path}.{name}")
        if name in given
        else _field_value(field, name, f"{path}.{name}")
        for name, field in model.model_fields.items()
    }


def _field_value(field: FieldInfo, name: str, path: str) -> Any:
    """What the tables know; else the default, where there is one; else a plain value."""
    kind = _bare(field.annotation)
    if _HASH_PATTERN in repr(field):
        return _hash(path)
    if field.is_required() or name in FIELDS or _is_record(kind) or get_origin(kind) is tuple:
        return _value(field.annotation, name, path)
    return field.get_default(call_default_factory=True)


def _completed(annotation: Any, given: Any, path: str) -> Any:
    """A value that is given in part: what its records lack is filled in."""
    kind = _bare(annotation)
    if isinstance(given, dict) and _is_record(kind):
        return _record(kind, given, path)
    if isinstance(given, dict) and get_origin(kind) is dict:
        return {key: _completed(get_args(kind)[1], one, f"{path}.{key}") for key, one in given.items()}
    if isinstance(given, list) and get_origin(kind) in (tuple, frozenset, list):
        return [_completed(get_args(kind)[0], one, f"{path}.{n}") for n, one in enumerate(given)]
    return given


def _value(annotation: Any, name: str, path: str) -> Any:
    kind = _bare(annotation)
    known = FIELDS.get(name)
    if get_origin(kind) in (tuple, frozenset, list):
        many = known if isinstance(known, list) else [_value(get_args(kind)[0], name.removesuffix("s"), f"{path}.0")]
        return _completed(kind, many, path)
    if get_origin(kind) is dict:
        return {}
    if _is_record(kind):
        return _record(kind, known if isinstance(known, dict) else {}, path)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return known if known in [one.value for one in kind] else next(iter(kind)).value
    return known if type(known) is _WRITTEN_AS.get(kind, kind) else _PLAIN.get(kind, _named(name))


def _named(name: str) -> str:
    """A text for a field that nobody gave one."""
    if name.endswith("_by"):
        return "person-44c9"
    return f"{name.removesuffix('_id')}-0001" if name.endswith("_id") else name.replace("_", "-")


def _bare(annotation: Any) -> Any:
    """The type without its marks and without `None`."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return _bare(next(one for one in get_args(annotation) if one is not type(None)))
    return annotation


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _document(path: str) -> dict[str, Any]:
    digest = _hash(path)
    is_form = path.startswith(("funding.bid_submitted", "monitoring.report_submitted"))
    media_type = "application/json" if is_form else "application/pdf"
    size = 2048 + int(digest[:4], 16)
    return {"id": f"document-{digest[:8]}", "media_type": media_type, "size": size, "hash": digest}


def _documents(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for one in value:
            yield from _documents(one)
    elif isinstance(value, dict):
        if "media_type" in value:
            yield value
        else:
            yield from _documents(list(value.values()))


def _hash(of: str) -> str:
    return hashlib.sha256(of.encode()).hexdigest()


def _id(of: str, moment: datetime) -> str:
    """A UUID of version 7: the moment in milliseconds, then digits that follow from the name."""
    digits, digest = f"{int(moment.timestamp() * 1000):012x}", _hash(of)
    return f"{digits[:8]}-{digits[8:]}-7{digest[:3]}-8{digest[3:6]}-{digest[6:18]}"
