"""Givens of the funding tests: a place, a round, and a ledger in memory that answers a decision's own query."""

import hashlib
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import services.funding.__main__  # noqa: F401 -- it registers every projection, reaction and timer
from contracts.agreement_terms import AllocatedRisk, Clause, ClauseKind, FinancingModel, ReasonPart, RiskView, Timing
from contracts.envelope import DocumentRef, Event
from contracts.funding import (
    AgreementDrafted,
    BudgetLine,
    ChangeGround,
    ChangeKind,
    ConsortiumPart,
    Criterion,
    EligibilityCriterion,
    LineKind,
    OutcomeCommitted,
    RationalePart,
    Support,
    YearAmount,
)
from contracts.partners import (
    OfficeHolderAppointed,
    OrganisationKind,
    OrganisationRegistered,
    RulesAdopted,
    SignatoryJoined,
)
from contracts.place import Place
from contracts.rules import Citation
from services.funding import change_projections, change_reactions, change_timers, handlers, handlers_terms  # noqa: F401
from services.funding import routing_incumbents as routing_incumbents
from services.funding import routing_panels as routing_panels
from services.funding.awards import ApproveAward, DeclineBid
from services.funding.bids import ConfirmPart, SubmitBid, WithdrawBid
from services.funding.changes import ProposeChange
from services.funding.drafts import Draft
from services.funding.eligibility import FindEligible, FindIneligible, PutDocumentRight, RequestDocument
from services.funding.openings import OpenBids
from services.funding.programmes import PublishProgramme
from services.funding.projections import projections
from services.funding.reactions import reactions
from services.funding.terms_setting import (
    AllocateRisks,
    ChooseFinancing,
    ConfirmAgreementPart,
    DraftClauses,
    GiveRiskViews,
    ReasonTerm,
)
from services.funding.timers import timers
from services.partners.locality import load
from services.runtime.calendar import start_of_london_day
from services.runtime.decisions import Actor, Command, Query, Recorded, Rejection, Waiting
from services.runtime.projections import Add, Delete, Table, Timers
from services.runtime.reactions import Act
from services.runtime.unit import Outcome, refusal

LOCALITIES = Path(__file__).parents[2] / "localities"
RULES = {name: load(LOCALITIES / name) for name in ("sutton", "coventry")}

COUNCIL, HEALTH, CVS = "council", "health", "sutton-cvs"
ADVICE, CARERS, SPORTS = "advice-together", "carers-forum", "sports-for-all"
VCOS = (ADVICE, CARERS, SPORTS)
AUTHORITY = "Scheme of delegation 4.2"

COMMISSIONER = Actor("p-commissioner", "commissioner", COUNCIL)
OFFICER = Actor("p-officer", "body_officer", COUNCIL)
DELEGATE = Actor("p-delegate", "body_officer", COUNCIL)
DECIDER = Actor("p-decider", "decider", COUNCIL)
JUNIOR = Actor("p-junior", "decider", COUNCIL)
NO_AUTHORITY = Actor("p-no-authority", "decider", COUNCIL)
MANAGER = Actor("p-manager", "commissioning_manager", COUNCIL)
NURSE = Actor("p-nurse", "commissioner", HEALTH)
NURSE_OFFICER = Actor("p-nurse-officer", "body_officer", HEALTH)
NURSE_DECIDER = Actor("p-nurse-decider", "decider", HEALTH)
SYSTEM = Actor("system", "system", "sutton")

PUBLISHED_AT = datetime(2013, 12, 2, 9, tzinfo=UTC)
OPENS_AT = datetime(2013, 12, 9, 9, tzinfo=UTC)
CLOSES_AT = datetime(2014, 1, 31, 12, tzinfo=UTC)
OPENED_AT = datetime(2014, 2, 3, 10, tzinfo=UTC)
RESULTS_AT = datetime(2014, 4, 1, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
IN_TIME = CLOSES_AT - timedelta(days=2)
ROUND, BID = "p1", "b1"
YEARS = ("2014/15", "2015/16", "2016/17")


def representative(organisation: str) -> Actor:
    return Actor(f"p-of-{organisation}", "vco_representative", organisation)


def document(which: str = "d1") -> DocumentRef:
    return DocumentRef(id=which, media_type="text/plain", size=1, hash=hashlib.sha256(which.encode()).hexdigest())


def parts(*criteria: str) -> tuple[RationalePart, ...]:
    return tuple(RationalePart(criterion_id=one, document=document(f"why-{one}")) for one in criteria)


@dataclass
class Ledger:
    """One service's journal: decides by a decision's own query, then reacts, projects and rings what is due."""

    name: str = "sutton"
    rows: list[Recorded[Any]] = field(default_factory=list)
    place: Place = field(default_factory=Place)
    tables: dict[type[Table], dict[tuple[Any, ...], dict[str, Any]]] = field(default_factory=dict)
    being_received: int = 0
    reacted: int = 0

    def receive(self, *events: Event, at: datetime = PUBLISHED_AT, react: bool = True) -> None:
        """Facts of other services arrive."""
        for event in events:
            self._write(event, SYSTEM, at)
        if react:
            self.react(at)

    def do(self, work: Coroutine[Any, Any, Outcome], at: datetime, react: bool = True) -> Outcome:
        """Run a handler on this ledger, then all that reacts to it."""
        outcome = _finished(work)
        if react:
            self.react(at)
        return outcome

    async def decide(self, query: Query[Any], decide: Any, command: Command) -> Outcome:
        """What a unit of the runtime does."""
        verdict = decide(self.fold(query), command, self.place)
        if isinstance(verdict, Waiting):
            return Outcome(waiting=verdict)
        rejection = verdict if isinstance(verdict, Rejection) else None
        events = tuple(verdict) if rejection is None else (refusal(rejection, command),) if rejection.citation else ()
        for event in events:
            self._write(event, command.actor, command.now)
        return Outcome(events, rejection)

    async def look(self, query: Query[Any]) -> Any:
        return self.fold(query)

    async def with_those_it_took_over(self, organisation_id: str) -> tuple[str, ...]:
        return organisation_id, *self.place.taken_over_by(organisation_id)

    async def undecided(self, about: str) -> int:
        return self.being_received

    def fold(self, query: Query[Any]) -> Any:
        facts = query.fold()
        for row in self.rows:
            kinds = {item.only or facts.folds for item in query.items if set(item.tags) <= set(row.tags)}
            if any(type(row.data) in of for of in kinds):
                facts.evolve(row)
        return facts

    def react(self, at: datetime) -> None:
        while self.reacted < len(self.rows):
            row = self.rows[self.reacted]
            self.reacted += 1
            for reaction in reactions.by_type.get(row.data.wire, ()):
                command = reaction.commands(row, Act(SYSTEM, at, f"{row.id} {reaction.name}"))
                if command is not None:
                    _finished(reaction.handler(self, command))  # type: ignore[arg-type]

    def ring(self, at: datetime) -> None:
        """Run each timer that is due, and check that its command cleared it or left it for later."""
        for name, about in sorted(self.due(at)):
            make, handler = timers.by_name[name]
            self.do(handler(self, make(about, Act(SYSTEM, at, f"timer {name} {about}"))), at)  # type: ignore[arg-type]

    def due(self, at: datetime) -> list[tuple[Any, ...]]:
        rows = self.tables.get(Timers, {})
        return [key for key, row in rows.items() if (row["due_at"] or start_of_london_day(row["due_on"])) <= at]

    def of(self, *kinds: type[Event]) -> list[Any]:
        return [row.data for row in self.rows if isinstance(row.data, kinds)]

    def row(self, table: type[Table], *key: Any) -> dict[str, Any]:
        return self.tables[table][key]

    def _write(self, event: Event, actor: Actor, at: datetime) -> None:
        position = len(self.rows) + 1
        row: Recorded[Any] = Recorded(
            position, f"e{position}", "test", at, at, actor.person, actor.role, actor.organisation, "c", "", event.tags,
            event,
        )  # fmt: skip
        self.rows.append(row)
        self.place.evolve(row)
        for change in projections.changes(row):
            self._apply(change)

    def _apply(self, change: Any) -> None:
        rows = self.tables.setdefault(change.table, {})
        if isinstance(change, Delete):
            rows.pop(change.row_key, None)
            return
        fresh = {column.name: column.default for column in change.table.columns()}
        row = rows.setdefault(change.row_key, {**fresh, **dict(zip(change.table.key, change.row_key, strict=True))})
        assert set(change.values) <= set(row), (change.table, change.values)
        for name, value in change.values.items():
            row[name] = row[name] + value if isinstance(change, Add) else value


def _finished(work: Coroutine[Any, Any, Outcome]) -> Outcome:
    try:
        work.send(None)
    except StopIteration as done:
        outcome: Outcome = done.value
        return outcome
    raise AssertionError("a handler waited for something that is not there")


def appointed(
    actor: Actor, limit: int | None = None, authority: str = "", delegate_of: str | None = None
) -> OfficeHolderAppointed:
    return OfficeHolderAppointed(
        person_id=actor.person, organisation_id=actor.organisation, place="sutton", role=actor.role,
        limit_pounds=limit, authority=authority, delegate_of=delegate_of,
    )  # fmt: skip


def registered(organisation: str, kind: OrganisationKind = OrganisationKind.VCO) -> OrganisationRegistered:
    return OrganisationRegistered(
        organisation_id=organisation, name=organisation, kind=kind, registered_on=date(2013, 10, 1)
    )


def a_ledger(name: str = "sutton") -> Ledger:
    """Sutton with the council signed up and health pending, or Coventry, where nobody signed anything."""
    ledger = Ledger(name)
    ledger.receive(RulesAdopted(place=name, rules=RULES[name], rules_hash="0" * 64))
    if name == "sutton":
        for body, pending in ((COUNCIL, False), (HEALTH, True)):
            ledger.receive(
                SignatoryJoined(organisation_id=body, place=name, joined_on=date(2013, 10, 1), pending=pending)
            )
    ledger.receive(*(registered(vco) for vco in VCOS), registered(CVS, OrganisationKind.INFRASTRUCTURE))
    ledger.receive(
        *(appointed(actor) for actor in (COMMISSIONER, OFFICER, MANAGER, NURSE, NURSE_OFFICER)),
        *(appointed(representative(vco)) for vco in (*VCOS, CVS)),
        appointed(DELEGATE, delegate_of=COMMISSIONER.person),
        appointed(DECIDER, 600_000, AUTHORITY),
        appointed(JUNIOR, 50_000, AUTHORITY),
        appointed(NO_AUTHORITY, 600_000),
        appointed(NURSE_DECIDER, 600_000, "Standing orders 7"),
    )
    return ledger


def a_publication(actor: Actor = COMMISSIONER, programme: str = ROUND, **changed: Any) -> PublishProgramme:
    rules_key = changed.pop("rules_key", "spp")
    return PublishProgramme(
        **{
            "actor": actor, "now": PUBLISHED_AT, "programme_id": programme, "rules_key": rules_key,
            "title": "Strategic Partners 2014",
            "criteria": (Criterion(id="need", text="Need", weight=60), Criterion(id="value", text="Value", weight=40)),
            "eligibility": (EligibilityCriterion(id="constituted", text="It has a constitution"),),
            "money": tuple(YearAmount(year=year, pounds=250_000) for year in YEARS),
            "opens_at": OPENS_AT, "closes_at": CLOSES_AT, "results_at": RESULTS_AT,
            "term_starts_on": date(2014, 4, 1), "term_ends_on": date(2017, 3, 31),
            **changed,
        }
    )  # fmt: skip


def a_round(name: str = "sutton", actor: Actor = COMMISSIONER, **changed: Any) -> Ledger:
    """A published round."""
    ledger = a_ledger(name)
    changed.setdefault("rules_key", "spp" if name == "sutton" else "neighbourhoods")
    publish(ledger, a_publication(actor, **changed))
    return ledger


def a_draft(pounds: int = 100_000, **changed: Any) -> Draft:
    lines = tuple(BudgetLine(id=f"staff-{year}", kind=LineKind.CORE, year=year, pounds=pounds) for year in YEARS)
    outcomes = (OutcomeCommitted(id="governance", target=60, unit="organisations"),)
    given = {"lines": lines, "outcomes": outcomes, "declarations": (("constituted", True),)}
    return Draft(**{**given, **changed})


A_CONSORTIUM = (ConsortiumPart(organisation_id=CARERS, share_pounds=30_000),)


def publish(ledger: Ledger, command: PublishProgramme) -> Outcome:
    return ledger.do(handlers.publish_programme(ledger, command), command.now)  # type: ignore[arg-type]


def submit(
    ledger: Ledger,
    bid: str = BID,
    organisation: str = ADVICE,
    draft: Draft | None = None,
    at: datetime = IN_TIME,
    actor: Actor | None = None,
) -> Outcome:
    command = SubmitBid(
        actor=actor or representative(organisation), now=at, programme_id=ROUND, bid_id=bid, draft=draft or a_draft(),
        document=document(f"bid {bid}"),
    )  # fmt: skip
    return ledger.do(handlers.submit_bid(ledger, command), at)  # type: ignore[arg-type]


def withdraw(ledger: Ledger, bid: str = BID, organisation: str = ADVICE, at: datetime = IN_TIME) -> Outcome:
    command = WithdrawBid(actor=representative(organisation), now=at, bid_id=bid, programme_id=ROUND)
    return ledger.do(handlers.withdraw_bid(ledger, command), at)  # type: ignore[arg-type]


def confirm(
    ledger: Ledger, bid: str = BID, member: str = CARERS, pounds: int = 30_000, at: datetime = IN_TIME
) -> Outcome:
    command = ConfirmPart(actor=representative(member), now=at, bid_id=bid, programme_id=ROUND, share_pounds=pounds)
    return ledger.do(handlers.confirm_part(ledger, command), at)  # type: ignore[arg-type]


def ask_to_open(ledger: Ledger, actor: Actor, at: datetime = OPENED_AT) -> Outcome:
    command = OpenBids(actor=actor, now=at, programme_id=ROUND, undecided=0)
    return ledger.do(handlers.open_bids(ledger, command), at)  # type: ignore[arg-type]


def open_all(ledger: Ledger, first: Actor = COMMISSIONER, second: Actor = OFFICER) -> Ledger:
    assert ask_to_open(ledger, first).rejection is None
    assert ask_to_open(ledger, second).rejection is None
    return ledger


def an_opened_bid(name: str = "sutton", actor: Actor = COMMISSIONER, draft: Draft | None = None) -> Ledger:
    ledger = a_round(name, actor)
    assert submit(ledger, draft=draft).rejection is None
    return open_all(ledger, actor, NURSE_OFFICER if actor is NURSE else OFFICER)


def request(ledger: Ledger, at: datetime = OPENED_AT, actor: Actor = COMMISSIONER, **changed: Any) -> Outcome:
    given = {"bid_id": BID, "programme_id": ROUND, "criterion_id": "constituted", "reasons": document("unsigned")}
    command = RequestDocument(actor=actor, now=at, **{**given, **changed})
    return ledger.do(handlers.request_document(ledger, command), at)  # type: ignore[arg-type]


def put_right(ledger: Ledger, at: datetime, organisation: str = ADVICE, which: str = "signed") -> Outcome:
    command = PutDocumentRight(
        actor=representative(organisation), now=at, bid_id=BID, programme_id=ROUND, criterion_id="constituted",
        document=document(which),
    )  # fmt: skip
    return ledger.do(handlers.put_document_right(ledger, command), at)  # type: ignore[arg-type]


def find_eligible(
    ledger: Ledger, bid: str = BID, at: datetime = OPENED_AT, actor: Actor = COMMISSIONER, *criteria: str
) -> Outcome:
    checked = parts(*(criteria or ("constituted",)))
    command = FindEligible(actor=actor, now=at, bid_id=bid, programme_id=ROUND, checked=checked)
    return ledger.do(handlers.find_eligible(ledger, command), at)  # type: ignore[arg-type]


def find_ineligible(ledger: Ledger, bid: str = BID, at: datetime = OPENED_AT, actor: Actor = COMMISSIONER) -> Outcome:
    command = FindIneligible(
        actor=actor, now=at, bid_id=bid, programme_id=ROUND, criterion_id="constituted", reasons=document("not met")
    )
    return ledger.do(handlers.find_ineligible(ledger, command), at)  # type: ignore[arg-type]


def approve(
    ledger: Ledger,
    bid: str = BID,
    organisation: str = ADVICE,
    pounds: int = 100_000,
    at: datetime = OPENED_AT,
    actor: Actor = DECIDER,
    rationale: tuple[str, ...] = ("need", "value"),
) -> Outcome:
    command = ApproveAward(
        actor=actor, now=at, bid_id=bid, programme_id=ROUND, organisation_id=organisation,
        rationale=parts(*rationale), amounts=tuple(YearAmount(year=year, pounds=pounds) for year in YEARS),
    )  # fmt: skip
    return ledger.do(handlers.approve_award(ledger, command), at)  # type: ignore[arg-type]


def decline(
    ledger: Ledger,
    bid: str = BID,
    organisation: str = ADVICE,
    at: datetime = OPENED_AT,
    actor: Actor = DECIDER,
    rationale: tuple[str, ...] = ("need", "value"),
) -> Outcome:
    command = DeclineBid(
        actor=actor, now=at, bid_id=bid, programme_id=ROUND, organisation_id=organisation, rationale=parts(*rationale)
    )
    return ledger.do(handlers.decline_bid(ledger, command), at)  # type: ignore[arg-type]


def an_awarded_bid(name: str = "sutton", settled: bool = True, draft: Draft | None = None) -> Ledger:
    """An award with its agreement drafted and, unless said otherwise, its terms settled."""
    ledger = an_opened_bid(name, draft=draft)
    assert find_eligible(ledger).rejection is None
    assert approve(ledger).rejection is None
    ledger.ring(RESULTS_AT)
    if settled:
        settle_terms(ledger)
    return ledger


def the_agreement(ledger: Ledger) -> AgreementDrafted:
    [drafted] = ledger.of(AgreementDrafted)
    assert isinstance(drafted, AgreementDrafted)
    return drafted


def settle(ledger: Ledger, handler: Any, kind: Any, actor: Actor, at: datetime = RESULTS_AT, **given: Any) -> Outcome:
    """One term of the only agreement of a ledger."""
    command = kind(actor=actor, now=at, agreement_id=the_agreement(ledger).agreement_id, **given)
    return ledger.do(handler(ledger, command), at)


def reason_term(
    ledger: Ledger, actor: Actor = COMMISSIONER, until: date = date(2017, 3, 31), reason: DocumentRef | None = None
) -> Outcome:
    return settle(ledger, handlers_terms.reason_term, ReasonTerm, actor, takes_until=until, reason=reason)


def choose_financing(
    ledger: Ledger, actor: Actor = COMMISSIONER, *parts: str, timing: Timing = Timing.ADVANCE, per_year: int = 4,
    model: FinancingModel = FinancingModel.INSTALMENTS,
) -> Outcome:  # fmt: skip
    reasons = tuple(ReasonPart(part=one, document=document(one)) for one in parts or ("value_for_money",))
    return settle(
        ledger, handlers_terms.choose_financing, ChooseFinancing, actor, model=model, timing=timing,
        instalments_per_year=per_year, reasons=reasons,
    )  # fmt: skip


def allocate_risks(ledger: Ledger, actor: Actor = COMMISSIONER, *owners: str) -> Outcome:
    risks = tuple(
        AllocatedRisk(id=f"risk-{owner}", owner_id=owner, risk=document("risk"), why=document("why"))
        for owner in owners or (the_agreement(ledger).organisation_id,)
    )
    return settle(ledger, handlers_terms.allocate_risks, AllocateRisks, actor, risks=risks)


def give_views(ledger: Ledger, organisation: str = ADVICE, *risks: str, agrees: bool = True) -> Outcome:
    views = tuple(RiskView(risk_id=one, agrees=agrees, document=document(one)) for one in risks or (f"risk-{ADVICE}",))
    return settle(ledger, handlers_terms.give_risk_views, GiveRiskViews, representative(organisation), views=views)


def draft_clauses(ledger: Ledger, actor: Actor = COMMISSIONER, *restricts: Any) -> Outcome:
    clauses = (Clause(id="c-1", kind=ClauseKind.RECOGNITION, restricts=restricts),)
    drafting = {"clauses": clauses, "document": document("clauses")}
    return settle(ledger, handlers_terms.draft_clauses, DraftClauses, actor, **drafting)


def confirm_agreed_part(ledger: Ledger, member: str = CARERS, pounds: int = 30_000, *risks: str) -> Outcome:
    given = {"share_pounds": pounds, "risk_ids": risks, "part": document("part")}
    return settle(ledger, handlers_terms.confirm_part, ConfirmAgreementPart, representative(member), **given)


def settle_terms(ledger: Ledger, actor: Actor = COMMISSIONER) -> None:
    """Everything that nobody may sign without."""
    for outcome in (
        reason_term(ledger, actor), choose_financing(ledger, actor), allocate_risks(ledger, actor),
        give_views(ledger), draft_clauses(ledger, actor),
    ):  # fmt: skip
        assert outcome.rejection is None


def a_proposal(agreement: str, at: datetime, actor: Actor = COMMISSIONER, change: str = "c1") -> ProposeChange:
    return ProposeChange(
        actor=actor, now=at, change_id=change, agreement_id=agreement, kind=ChangeKind.REDUCE,
        support=Support.FUNDING, ground=ChangeGround.RESOURCES, reasons=document("why"),
        budget_decision=Citation(document="Council budget 2015/16", clause="minute 42"),
    )  # fmt: skip


def refused(outcome: Outcome) -> tuple[str, str]:
    """Code and citation of a refusal that is a fact."""
    assert outcome.rejection is not None
    assert outcome.rejection.citation is not None
    assert len(outcome.events) == 1
    return outcome.rejection.code, str(outcome.rejection.citation)


def turned_down(outcome: Outcome) -> tuple[str, int]:
    """Code and status of a refusal that is an answer only."""
    assert outcome.rejection is not None
    assert outcome.rejection.citation is None
    assert outcome.events == ()
    return outcome.rejection.code, outcome.rejection.status
