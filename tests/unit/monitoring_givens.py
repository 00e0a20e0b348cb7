"""Givens of the monitoring tests: two places, an agreement, and a journal that answers a decision's own query."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from contracts.envelope import DocumentRef, Event
from contracts.funding import AgreementDrafted, AgreementInForce, OutcomeCommitted, YearAmount
from contracts.monitoring import MonitoringQuestion, OutcomeStatus, ReportAsked
from contracts.partners import (
    CommissioningManagerNominated,
    OfficeHolderAppointed,
    RulesAdopted,
    SignatoryJoined,
)
from contracts.place import Place
from services.monitoring import agreeing, extensions, report, reports
from services.monitoring.projections import projections
from services.monitoring.timers import timers
from services.partners.locality import load
from services.runtime.calendar import london_date
from services.runtime.decisions import Actor, Command, Query, Recorded, Rejection, Waiting
from services.runtime.projections import Delete, Timers
from services.runtime.reactions import Act

LOCALITIES = Path(__file__).parents[2] / "localities"
RULES = {name: load(LOCALITIES / name) for name in ("sutton", "coventry")}

COUNCIL, VCO, HEALTH = "council", "sutton-carers-forum", "health"
COMMISSIONER = Actor("p-commissioner", "commissioner", COUNCIL)
MANAGER = Actor("p-manager", "commissioning_manager", COUNCIL)
DEPUTY = Actor("p-deputy", "commissioning_manager", COUNCIL)
OTHER_MANAGER = Actor("p-other", "commissioning_manager", COUNCIL)
PARTNER = Actor("p-partner", "vco_representative", VCO)
STRANGER = Actor("p-stranger", "vco_representative", "somebody-else")
SYSTEM = Actor("system", "system", "sutton")

AGREEMENT, PROPOSAL, REPORT = "a1", "pr1", "pr1-1"
DRAFTED_ON = date(2014, 4, 14)
OPENS_ON, DUE_ON = date(2014, 7, 1), date(2014, 7, 31)
SECOND_OPENS_ON, SECOND_DUE_ON = date(2015, 1, 5), date(2015, 2, 6)


def at(day: date, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    """A moment, in UTC."""
    return datetime.combine(day, time(hour, minute, second), UTC)


def document(which: str = "d1") -> DocumentRef:
    return DocumentRef(id=which, media_type="application/json", size=1, hash="0" * 64)


def a_report(
    number: int = 1, opens_on: date = OPENS_ON, due_on: date = DUE_ON, proposal: str = PROPOSAL
) -> ReportAsked:
    return ReportAsked(report_id=f"{proposal}-{number}", period=f"2014 H{number}", opens_on=opens_on, due_on=due_on)


BOTH_REPORTS = (a_report(), a_report(2, SECOND_OPENS_ON, SECOND_DUE_ON))
BOTH_QUESTIONS = (MonitoringQuestion(id="q1", outcome_id="o1"), MonitoringQuestion(id="q2", outcome_id="o2"))


def drafted(
    funder: str = COUNCIL, agreement: str = AGREEMENT, pounds: int = 20_000, rules_key: str = "spp"
) -> AgreementDrafted:
    return AgreementDrafted(
        agreement_id=agreement, bid_id="b1", programme_id="p1", funder_id=funder, organisation_id=VCO, title="Advice",
        amounts=(YearAmount(year="2014/15", pounds=pounds),),
        outcomes=(OutcomeCommitted(id="o1", target=12, unit="organisations"), OutcomeCommitted(id="o2")),
        starts_on=date(2014, 6, 1), ends_on=date(2017, 5, 31), rules_key=rules_key,
    )  # fmt: skip


def in_force() -> AgreementInForce:
    return AgreementInForce(
        agreement_id=AGREEMENT, programme_id="p1", funder_id=COUNCIL, organisation_id=VCO, title="Advice",
        amounts=(), starts_on=date(2014, 6, 1), ends_on=date(2017, 5, 31),
    )  # fmt: skip


def nominated(person: str = MANAGER.person) -> CommissioningManagerNominated:
    return CommissioningManagerNominated(agreement_id=AGREEMENT, organisation_id=COUNCIL, person_id=person)


@cache
def a_place(name: str = "sutton") -> Place:
    """Sutton with the council signed up and health pending, or Coventry, where nobody signed anything."""
    place = Place()
    facts: list[Event] = [RulesAdopted(place=name, rules=RULES[name], rules_hash="0" * 64)]
    if name == "sutton":
        facts += [
            SignatoryJoined(organisation_id=body, place=name, joined_on=date(2013, 10, 1), pending=body == HEALTH)
            for body in (COUNCIL, HEALTH)
        ]
    facts += [
        OfficeHolderAppointed(
            person_id=DEPUTY.person, organisation_id=COUNCIL, place=name, role=DEPUTY.role, delegate_of=MANAGER.person
        )
    ]
    for number, fact in enumerate(facts):
        place.evolve(recorded(fact, number))
    return place


def recorded(fact: Event, position: int = 1, by: Actor = SYSTEM, day: date = DRAFTED_ON) -> Recorded[Any]:
    sent = type(fact).model_validate_json(fact.model_dump_json())
    nobody = {"actor": by.person, "role": by.role, "onbehalfof": "", "correlationid": "", "causationid": ""}
    return Recorded(
        position=position, id=str(position), source="", time=at(day), recorded=at(day), tags=sent.tags,
        data=sent, **nobody,
    )  # fmt: skip


def covers(query: Query[Any], event: Recorded[Any]) -> bool:
    """Whether a query names this event: all tags of one of its items, and one of its types."""
    folds: tuple[type[Event], ...] = query.fold.folds  # type: ignore[attr-defined]
    return any(set(item.tags) <= set(event.tags) and isinstance(event.data, item.only or folds) for item in query.items)


@dataclass
class Told:
    """What happened so far: facts in order, and the read tables and timers that follow from them."""

    place: Place = field(default_factory=a_place)
    facts: list[Recorded[Any]] = field(default_factory=list)
    rows: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)

    def add(self, *facts: Event, by: Actor = SYSTEM, day: date = DRAFTED_ON) -> "Told":
        for fact in facts:
            self.facts.append(recorded(fact, len(self.facts) + 1, by, day))
            self.place.evolve(self.facts[-1])
            for change in projections.changes(self.facts[-1]):
                key = (change.table.table_name, *change.row_key)
                if isinstance(change, Delete):
                    self.rows.pop(key, None)
                else:
                    self.rows.setdefault(key, {}).update(change.values)
        return self

    def fold(self, query: Query[Any]) -> Any:
        folded = query.fold()
        for event in self.facts:
            if covers(query, event):
                folded.evolve(event)
        return folded

    def do(self, decide: Callable[..., Any], command: Command, facts_of: Callable[..., Query[Any]]) -> Any:
        """Decide on the facts that the query names, and add what was decided."""
        verdict = decide(self.fold(facts_of(command)), command, self.place)
        if not isinstance(verdict, (Rejection, Waiting)):
            self.add(*verdict, by=command.actor)
        return verdict

    def row(self, *key: Any) -> dict[str, Any]:
        return self.rows[key]

    def timers(self) -> dict[str, date]:
        """The timers of the first report by name, each with the London day on which it is due."""
        key = f"{AGREEMENT}/{REPORT}"
        return {name: values["due_on"] for (table, name, about), values in self.timer_rows() if about == key}

    def timer_rows(self) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
        return [(key, values) for key, values in self.rows.items() if key[0] == Timers.table_name]

    def ring(self, now: datetime) -> list[Any]:
        """Run every timer that is due, as often as it takes; a timer that stays due after its command is a fault."""
        done: list[Any] = []
        while due := [key for key, values in self.timer_rows() if values["due_on"] <= london_date(now)]:
            _, name, about = due[0]
            make, _handler = timers.by_name[name]
            verdict = self.do(DECIDES[name], make(about, Act(SYSTEM, now, "seed")), report.facts_of)
            assert not isinstance(verdict, Rejection)
            assert verdict, f"{name} stays due"
            done += verdict
        return done


DECIDES = {
    "open_report": reports.open_form,
    "mark_overdue": reports.mark_overdue,
    "grant_extension": extensions.grant_unanswered,
    "accept_unanswered": reports.accept_unanswered,
}


def propose(told: Told, actor: Actor = COMMISSIONER, day: date = DRAFTED_ON, **changed: Any) -> Any:
    particulars: dict[str, Any] = {
        "agreement_id": AGREEMENT, "proposal_id": PROPOSAL, "reports": BOTH_REPORTS, "questions": BOTH_QUESTIONS,
        "document": document("proposal"),
    }  # fmt: skip
    command = agreeing.ProposeMonitoring(actor=actor, now=at(day), **(particulars | changed))
    return told.do(agreeing.propose, command, agreeing.facts_of)


def agree(told: Told, actor: Actor = PARTNER, proposal: str = PROPOSAL, day: date = DRAFTED_ON) -> Any:
    command = agreeing.AgreeMonitoring(actor=actor, now=at(day), agreement_id=AGREEMENT, proposal_id=proposal)
    return told.do(agreeing.agree, command, agreeing.facts_of)


def schedule(told: Told, day: date = DRAFTED_ON) -> Any:
    command = agreeing.ScheduleReports(actor=SYSTEM, now=at(day), agreement_id=AGREEMENT)
    return told.do(agreeing.schedule, command, agreeing.facts_of)


def a_scheduled_report(place: str = "sutton", manager: str | None = MANAGER.person) -> Told:
    """An agreement in force whose reports are scheduled."""
    told = Told(a_place(place)).add(drafted())
    propose(told)
    agree(told)
    told.add(*([nominated(manager)] if manager else []), in_force())
    schedule(told)
    return told


def an_open_report(place: str = "sutton", manager: str | None = MANAGER.person) -> Told:
    """The form of the first report is open."""
    told = a_scheduled_report(place, manager)
    told.ring(at(OPENS_ON))
    return told


def a_submitted_report(place: str = "sutton", day: date = DUE_ON) -> Told:
    """The first report was handed in."""
    told = an_open_report(place)
    submit(told, at(day))
    return told


ALL_OUTCOMES = (
    reports.OutcomeGiven("o1", OutcomeStatus.ACHIEVED, people=42, measured=12),
    reports.OutcomeGiven("o2", OutcomeStatus.NOT_YET),
)


def step(told: Told, decide: Callable[..., Any], command: type[Any], actor: Actor, now: datetime, **more: Any) -> Any:
    ids = {"agreement_id": AGREEMENT, "report_id": more.pop("report_id", REPORT)}
    return told.do(decide, command(actor=actor, now=now, **ids, **more), report.facts_of)


def submit(told: Told, now: datetime, actor: Actor = PARTNER, which: str = "report", **more: Any) -> Any:
    particulars = {"outcomes": ALL_OUTCOMES, "document": document(which)} | more
    return step(told, reports.submit, reports.SubmitReport, actor, now, **particulars)


def give_back(told: Told, now: datetime, due_on: date, actor: Actor = MANAGER, which: str = "reasons") -> Any:
    return step(told, reports.give_back, reports.ReturnReport, actor, now, due_on=due_on, reasons=document(which))


def accept(told: Told, now: datetime, actor: Actor = MANAGER) -> Any:
    return step(told, reports.accept, reports.AcceptReport, actor, now)


def ask(told: Told, now: datetime, until: date, actor: Actor = PARTNER, which: str = "why") -> Any:
    return step(told, extensions.ask, extensions.AskExtension, actor, now, until=until, reason=document(which))


def agree_longer(told: Told, now: datetime, actor: Actor = MANAGER) -> Any:
    return step(told, extensions.agree, extensions.AgreeExtension, actor, now)


def refuse_longer(told: Told, now: datetime, actor: Actor = MANAGER, which: str = "no") -> Any:
    return step(told, extensions.refuse, extensions.RefuseExtension, actor, now, reason=document(which))


DAY = timedelta(days=1)
