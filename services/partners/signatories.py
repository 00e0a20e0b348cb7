"""Who is bound by the Compact: a body is named (pending), signs, and may leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from contracts.partners import SignatoryJoined, SignatoryLeft
from contracts.place import Place
from services.partners.register import Register, name_of, organisations
from services.runtime.calendar import london_date
from services.runtime.decisions import Command, Decision, Query, Rejection, unknown


@dataclass(frozen=True, kw_only=True)
class JoinSignatories(Command):
    """Note that a body signed, or is named in the Compact and has yet to sign."""

    subject: ClassVar[str] = "organisation_id"
    organisation_id: str
    joined_on: date
    pending: bool = False


@dataclass(frozen=True, kw_only=True)
class LeaveSignatories(Command):
    """Note that a body is no longer bound."""

    subject: ClassVar[str] = "organisation_id"
    organisation_id: str
    left_on: date


def facts_of(command: Any) -> Query[Register]:
    """What is known of the body."""
    return organisations([command.organisation_id])


def join(facts: Register, command: JoinSignatories, place: Place) -> Decision:
    """Bind a body from a day on: pending bodies are warned, signed ones are held to the Compact."""
    body = facts.entries.get(command.organisation_id)
    if body is None:
        return unknown("organisation", command.organisation_id)
    if body.dissolved_on:
        return Rejection("organisation_dissolved", "This organisation is dissolved.")
    if command.joined_on > london_date(command.now):
        return _not_yet("joined_in_future")
    if refused_or_same := _stands(command, place):
        return refused_or_same[0]
    return [
        SignatoryJoined(
            organisation_id=command.organisation_id,
            place=name_of(place),
            joined_on=command.joined_on,
            pending=command.pending,
        )
    ]


def leave(facts: Register, command: LeaveSignatories, place: Place) -> Decision:
    """Release a body from a day on."""
    if command.organisation_id not in place.joined:
        return unknown("signatory", command.organisation_id)
    if command.organisation_id in place.left:
        return []
    if command.left_on < place.joined[command.organisation_id][0]:
        return Rejection("left_before_joined", "A body cannot leave before the day it joined.")
    if command.left_on > london_date(command.now):
        return _not_yet("left_in_future")
    return [SignatoryLeft(organisation_id=command.organisation_id, place=name_of(place), left_on=command.left_on)]


def _stands(command: JoinSignatories, place: Place) -> tuple[Decision] | None:
    """Already so, or no longer open: a body that signed does not become pending again."""
    if command.organisation_id in place.left or command.organisation_id not in place.joined:
        return None
    pending = place.joined[command.organisation_id][1]
    if pending == command.pending:
        return ([],)
    if command.pending:
        return (Rejection("signed_already", "This body has signed; it may leave, but not become pending again."),)
    return None


def _not_yet(code: str) -> Rejection:
    return Rejection(code, "That day has not come yet.", remedy="Send it on that day.")
