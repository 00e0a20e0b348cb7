"""Every event type has its name, sentence, schema, sample and lines in the pages, and they are as the classes say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from contracts.binding import JournalHead, read
from contracts.catalogue import EVENTS
from contracts.envelope import Audience, Event, Tag
from contracts.tools.__main__ import ROOT, check, generate
from contracts.tools.checks import CATALOGUE, WHO_CAN_READ, committed, faults, out_of_date
from contracts.tools.events import MESSAGES, meaning, publishers_of, services_reading, wire_name
from contracts.tools.schemas import schema_of
from contracts.topics import LISTENS, SERVICES, events_topic, readers_of, shared_topic, topics_for

every_type = pytest.mark.parametrize("event", MESSAGES.values(), ids=MESSAGES)


def sample(event: type[Event]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / f"contracts/samples/{event.wire}.json").read_text(encoding="utf-8"))
    return found


def test_the_committed_contracts_are_what_the_classes_say_and_break_no_promise():
    assert check() == []


@every_type
def test_a_sample_is_read_by_the_binding_and_by_its_class(event: type[Event]):
    message = sample(event)

    headers = [(name, value.encode()) for name, value in message["headers"].items()]
    read_back = read(headers, message["key"].encode(), json.dumps(message["data"]).encode())
    fact = event.model_validate_json(read_back.value)

    assert read_back.envelope.type == event.wire
    assert read_back.envelope.tags == fact.tags
    assert json.loads(fact.model_dump_json()) == message["data"]


@every_type
def test_a_sample_follows_its_schema(event: type[Event]):
    schema = json.loads((ROOT / f"contracts/schemas/{event.wire}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())

    assert [error.message for error in validator.iter_errors(sample(event)["data"])] == []
    assert not validator.is_valid({})


@every_type
def test_a_reader_passes_over_a_field_it_does_not_know(event: type[Event]):
    data = sample(event)["data"]

    assert event.model_validate({**data, "added_later": "anything"}) == event.model_validate(data)


@every_type
def test_an_event_has_a_reader_or_is_private(event: type[Event]):
    assert bool(services_reading(event)) == (event.audience is not Audience.PRIVATE)


def test_sealed_matter_is_private():
    assert [event.wire for event in EVENTS.values() if event.opened_by and event.audience is not Audience.PRIVATE] == []


def test_every_event_stands_in_both_pages():
    pages = [(ROOT / name).read_text(encoding="utf-8") for name in (CATALOGUE, WHO_CAN_READ)]

    assert [wire for wire in MESSAGES for page in pages if page.count(f"`{wire}` |") != 1] == []


def test_no_sample_names_a_person_or_an_address():
    texts = {event.wire: json.dumps(sample(event)) for event in MESSAGES.values()}
    mail = {wire for wire, text in texts.items() if "@" in text}

    assert mail <= {"notifications.notice_attempted"}, "only a Message-ID has an @"


def test_a_journal_head_is_a_message_and_no_event_of_a_journal():
    assert JournalHead.wire in MESSAGES
    assert JournalHead.wire not in EVENTS


def test_each_service_listens_to_publishers_that_are_services_and_never_to_itself():
    assert set(LISTENS) == set(SERVICES)
    assert [name for name, heard in LISTENS.items() if name in heard or not set(heard) <= set(SERVICES)] == []
    assert readers_of("funding") == ("partners", "monitoring", "notifications")


def test_topics_follow_the_audience():
    assert topics_for(Audience.PRIVATE, "sutton", "funding") == ()
    assert topics_for(Audience.SERVICES, "sutton", "funding") == (events_topic("sutton", "funding"),)
    assert topics_for(Audience.PARTNERS, "sutton", "funding") == ("sutton.funding.events", "sutton.funding.shared")
    assert shared_topic("coventry", "partners") == "coventry.partners.shared"


class Unlike(Event, wire="funding.otherwise", opened_by="funding.nothing"):
    bench: str


class HTTPNoteTaken(Event, wire="compact.http_note_taken"):
    """not a sentence"""

    note_id: Annotated[str, Tag("note")]


def test_an_event_without_sentence_name_subject_schema_sample_or_line_is_named():
    found = list(faults([Unlike], {}))

    assert found == [
        "Unlike has no docstring that opens with a sentence.",
        "Unlike is called 'funding.otherwise' on the wire; by the rule it is 'compact.unlike'.",
        "Unlike has no tagged field, so it has no subject.",
        "Unlike is opened by 'funding.nothing', which is no event type.",
        "Unlike has no file in contracts/schemas.",
        "Unlike has no file in contracts/samples.",
        "Unlike has no line in docs/catalogue.md.",
    ]
    assert any("no docstring" in fault for fault in faults([HTTPNoteTaken], {}))
    assert list(faults(MESSAGES.values(), committed(ROOT))) == []


def test_a_wire_name_is_the_module_and_the_class_in_snake_case():
    assert wire_name(MESSAGES["funding.bid_submitted"]) == "funding.bid_submitted"
    assert wire_name(MESSAGES["compact.step_refused"]) == "compact.step_refused"
    assert publishers_of(MESSAGES["compact.step_refused"]) == SERVICES


def test_a_docstring_is_not_inherited():
    assert meaning(Unlike) == ""


def test_a_file_that_differs_is_missing_or_is_left_over_is_named_with_its_difference(tmp_path: Path):
    files = {"docs/page.md": "new\n", "docs/absent.md": "text\n"}
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text("old\n")
    (tmp_path / "contracts/samples").mkdir(parents=True)
    (tmp_path / "contracts/samples/funding.gone.json").write_text("{}\n")

    stale, absent, left = out_of_date(tmp_path, files)

    assert stale.startswith("docs/page.md is out of date: run `python -m contracts.tools generate`.")
    assert "-old" in stale
    assert "+new" in stale
    assert absent.startswith("docs/absent.md is missing")
    assert left == "contracts/samples/funding.gone.json belongs to no event type."


def test_generating_writes_all_and_twice_is_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "contracts/schemas").mkdir(parents=True)
    (tmp_path / "contracts/schemas/funding.gone.json").write_text("{}\n")

    generate(tmp_path)
    assert "removed contracts/schemas/funding.gone.json" in capsys.readouterr().out
    assert committed(tmp_path) == committed(ROOT)

    generate(tmp_path)
    assert capsys.readouterr().out == ""


def test_a_schema_tells_audience_tags_and_what_opens_it():
    schema = schema_of(MESSAGES["funding.bid_submitted"])

    assert schema["x-audience"] == "private"
    assert schema["x-opened-by"] == "funding.bids_opened"
    assert schema["x-tags"][0] == "bid_id:bid"
