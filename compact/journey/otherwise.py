"""Act 9: another ground, steps set aside for a statute, a late bounce, a successor and its end, a fact too late."""

from __future__ import annotations

from email.message import Message
from typing import Any

from compact.journey.bids import ELIGIBILITY, PROGRAMME, at, programme
from compact.journey.deciding import PARTS
from compact.journey.notices import mails
from compact.journey.partners import appointed
from compact.journey.payments import ACCOUNT, payment
from compact.journey.people import (
    ADVICE,
    CARERS,
    COMMISSIONER,
    DECIDER,
    FINANCE,
    FINANCE_2,
    HEALTH_COMMISSIONER,
    LAWYER,
    MANAGER,
    OFFICE,
    OFFICE_2,
    OFFICER,
    VOLUNTEERS,
    YOUTH,
)
from compact.journey.playing import Play
from compact.mailcatcher import Catcher, status_notification

TITLE = "9. Another ground, a step set aside, a late bounce, a successor, a fact that comes too late"
COMPACT, ASIDE = "Sutton Compact", "Sutton setting aside of undertakings"
GROUP = "sutton-compact-group"
SMALL = 3_000
STATUTE = {"document": "Local Government Finance Act 1988", "clause": "section 114"}
NEED = {"kind": "reduce", "ground": "need", "reasons": "Fewer organisations asked for volunteers than three years ago."}
RESOURCES = {"ground": "resources", "budget_decision": {"document": "Report under section 114", "clause": "part 3"},
             "reasons": "The report of the chief finance officer stops all new spending of the council."}  # fmt: skip
IMPACT = {
    "groups": {group: {"people": 30, "effect": "They would wait two weeks longer for a placement."}
               for group in ("beneficiaries", "service_users", "volunteers")}, "share_of_income": 20,
}  # fmt: skip
LESS = 10_000
STEPS_ASIDE = ("impact", "reallocation", "representation")


def change(play: Play, what: str) -> str:
    """Where a step with the change on its new ground goes."""
    return f"/changes/{play.id('change anew')}/{what}"


def later_round(title: str, results: tuple[int, int, int], *, money: int = 450_000, **more: Any) -> dict[str, Any]:
    """The form of a round that follows the present agreements."""
    years = ("2017/18", "2018/19", "2019/20")
    return {
        **programme(title), "money": [{"year": year, "pounds": money} for year in years], "panel_points": 10,
        "opens_at": at(2016, 5, 2).isoformat(), "closes_at": at(2016, 6, 30, 17).isoformat(),
        "results_at": at(*results).isoformat(), "term_starts_on": "2017-04-01", "term_ends_on": "2020-03-31", **more,
    }  # fmt: skip


async def warn_health(play: Play) -> None:
    """A step that a signatory is refused is only warned of where a body has yet to sign."""
    extra = [{"id": f"extra-{n}", "text": f"It answers further question number {n}"} for n in range(4)]
    asked = [{"id": one, "text": text} for one, text in ELIGIBILITY.items()]
    form = later_round("Small wellbeing grants 2017", (2016, 9, 1), money=SMALL, eligibility=[*asked, *extra])
    what = f"publishing a round of £{SMALL:,} a year with nine questions"
    await play.refused(COMMISSIONER, what, "funding", "/programmes", form, code="form_too_long",
                       cites=f"{COMPACT} 3.3.1")  # fmt: skip
    await play.does(HEALTH_COMMISSIONER, "publishes the very same: health is pending, and only warned", "funding",
                    "/programmes", form, writes=("ProgrammePublished", "StepWarned"))  # fmt: skip


async def leave_notice(play: Play) -> None:
    """The results of a round leave the notice that is due to those whose present support it affects (SPP9)."""
    meaning = "The present agreement ends with its term; this round funds what follows."
    affects = {"agreement_ids": [play.id("agreement advice")], "meaning": meaning}
    title = "Strategic Partner Programme 2017 to 2020"
    late = later_round(title, (2017, 2, 1), affects=affects)
    await play.refused(COMMISSIONER, "publishing a round with results two months before present support ends",
                       "funding", "/programmes", late, code="results_leave_no_notice",
                       cites=f"{COMPACT} 3.4.4")  # fmt: skip
    early = later_round(title, (2016, 9, 30), affects=affects)
    await play.does(COMMISSIONER, "publishes it with results half a year before", "funding", "/programmes", early,
                    writes=("ProgrammePublished", "SupportAffectedByRound"))  # fmt: skip
    await play.settled()
    support = await play.listed(play.of(ADVICE), "funding", "/affected-support")
    told = [one["notice_by"] for one in support]
    play.expect(len(told) == 1 and told[0] is not None, f"{ADVICE.name} reads that the round affects it.", support)


async def change_ground(play: Play) -> None:
    """On another ground a change is proposed anew; what was done before counts no more."""
    path = f"/agreements/{play.id('agreement volunteers')}/changes"
    found = await play.does(COMMISSIONER, f"proposes to reduce the support of {VOLUNTEERS.name}: less need", "funding",
                            path, NEED, writes=("FundingChangeProposed",))  # fmt: skip
    await play.does(OFFICER, "assesses its impact", "funding", f"/changes/{found['change_id']}/impact", IMPACT,
                    writes=("ImpactAssessed",))  # fmt: skip
    path = f"/changes/{found['change_id']}/ground"
    anew = await play.does(COMMISSIONER, "puts it on another ground", "funding", path, RESOURCES,
                           writes=("FundingChangeWithdrawn", "FundingChangeProposed"))  # fmt: skip
    play.keep("change anew", anew["change_id"])
    await play.settled()
    await play.refused(DECIDER, "deciding on the assessment that was made", "funding", change(play, "decide"),
                       await decision(play), code="impact_not_assessed", cites=f"{COMPACT} 3.4.2")  # fmt: skip


async def decision(play: Play) -> dict[str, Any]:
    """The form of the decision: less in each year to come."""
    agreement = await play.reads(COMMISSIONER, "funding", f"/agreements/{play.id('agreement volunteers')}")
    sums = {one["year"]: one["pounds"] for one in agreement["amounts"]}
    first = min(sums)
    amounts = [{"year": year, "pounds": sums[year] - (LESS if year > first else 0)} for year in sums]
    return {"rationale": PARTS, "amounts": amounts, "notice_months": 3, "shorter_because": PARTS["notice"]}


async def register_group(play: Play) -> None:
    """The Compact group has an entry of its own in the register, so that notices reach it."""
    group = {"organisation_id": GROUP, "name": "Sutton Compact Group", "kind": "infrastructure"}
    await play.does(OFFICE, "enters the Compact group in the register", "partners", "/organisations", group,
                    writes=("OrganisationRegistered",))  # fmt: skip
    await play.settled()


async def set_aside(play: Play) -> None:
    """A step is set aside for a named statute: outside the proposer's line, told the same day, never a second hand."""
    await appointed(play, OFFICE, LAWYER)
    office = {"person_id": FINANCE_2.id, "organisation_id": FINANCE_2.organisation, "role": FINANCE_2.role}
    await play.quietly(OFFICE, "partners", "/office-holders", {**office, "answers_to": COMMISSIONER.role})
    email = {"office": "secretary", "channel": "email", "email": "secretary@compact-group.example"}
    await play.quietly(OFFICE, "notifications", "/contacts", {**email, "organisation_id": GROUP})
    lines = {"office": "registered_address", "channel": "letter", "lines": [VOLUNTEERS.name, "5 Example Street"]}
    who = play.of(VOLUNTEERS)
    await play.quietly(who, "notifications", "/contacts", {**lines, "organisation_id": who.organisation})
    await play.settled()
    path, form = change(play, "set-aside"), {"statute": STATUTE, "reasons": RESOURCES["reasons"]}
    await play.refused(FINANCE_2, "setting a step aside, answering to whoever proposed the change", "funding", path,
                       {**form, "step": "impact"}, code="in_the_proposers_line", cites=ASIDE)  # fmt: skip
    await play.refused(LAWYER, "setting the second person aside", "funding", path, {**form, "step": "second_person"},
                       code="never_set_aside", cites=ASIDE)  # fmt: skip
    for step in STEPS_ASIDE:
        await play.does(LAWYER, f"sets aside for section 114 of the Act of 1988: {step}", "funding", path,
                        {**form, "step": step}, writes=("UndertakingSetAside",))  # fmt: skip
    await play.settled(notifications=("NoticeRequested",) * 2 * len(STEPS_ASIDE))
    told = [
        one for one in await play.listed(OFFICE, "notifications", "/notices") if one["template"] == "step_set_aside"
    ]
    to = {one["organisation_id"] for one in told}
    play.expect(to == {who.organisation, GROUP}, "The organisation and the Compact group are told the same day.", told)


async def decide(play: Play) -> None:
    """What is not set aside holds; then it is decided, and served by e-mail."""
    form = await decision(play)
    await play.refused(DECIDER, "deciding with two months' notice", "funding", change(play, "decide"),
                       {**form, "notice_months": 2}, code="notice_too_short", cites=f"{COMPACT} 3.4.4")  # fmt: skip
    await play.does(DECIDER, f"decides: £{LESS:,} a year less, three months' notice", "funding",
                    change(play, "decide"), form, writes=("FundingChangeDecided",))  # fmt: skip
    await play.wait_until(at(2015, 4, 13), notifications=("NoticeServed",), funding=("NoticePeriodStarted",))


async def lapse(play: Play) -> None:
    """After three months each step holds again; the change takes effect after its notice."""
    await play.wait_until(at(2015, 7, 9), funding=("SettingAsideLapsed",) * len(STEPS_ASIDE))
    case = await play.reads(play.of(VOLUNTEERS), "funding", change(play, "case"))
    play.keep("effect anew", case["effect_on"])
    play.expect(case["effect_on"] == "2015-07-11", "The steps hold again; its notice ends on 10 July.", case)
    await play.wait_until(at(2015, 7, 13), funding=("FundingChangeTookEffect", "AgreementVaried"))


def mail_of(play: Play, notice: dict[str, Any]) -> Message:
    """The message that carried a notice."""
    numbers = {attempt["message_id"] for attempt in notice["attempts"]}
    return next(mail for mail in mails(play, VOLUNTEERS) if mail["Message-ID"] in numbers)


async def decided_notice(play: Play) -> dict[str, Any]:
    """The notice of the decision, with its trail."""
    who = play.of(VOLUNTEERS)
    (found,) = [
        one for one in await play.listed(who, "notifications", "/notices") if one["template"] == "change_decided"
    ]
    trail: dict[str, Any] = await play.reads(who, "notifications", f"/notices/{found['notice_id']}")
    return trail


async def bounce_late(play: Play) -> None:
    """A bounce that comes after the change held takes its service away; sums are made good, a letter goes out."""
    if play.system.returns is None:
        play.telling.note("The mail server is somebody else's: no late bounce is made here.")
        return
    notice = await decided_notice(play)
    mail = mail_of(play, notice)
    back = status_notification(VOLUNTEERS.emails[0], mail["Return-Path"].strip("<>"), mail.as_bytes())
    play.telling.does(f"The e-mail with notice {notice['notice_number']} comes back after three months.", play.now)
    Catcher(play.system.returns.parent).deliver(mail["Return-Path"].strip("<>"), "", back)
    await play.settled(notifications=("NoticeFailed", "ServiceWithdrawn"),
                       funding=("NoticePeriodStopped", "SumsMadeGood", "PaymentScheduled"))  # fmt: skip
    play.telling.note("The service does not stand, the period stopped, and what was taken is given again.")
    letter = next(one for one in (await decided_notice(play))["attempts"] if one["channel"] == "letter")
    path, attempt = f"/notices/{notice['notice_id']}", {"attempt_id": letter["attempt_id"]}
    posted = {**attempt, "posted_on": "2015-07-13", "certificate": "CP-20150713-1"}
    await play.quietly(OFFICE, "notifications", f"{path}/posted", posted)
    await play.quietly(OFFICE_2, "notifications", f"{path}/confirm", attempt)
    await play.wait_until(at(2015, 7, 16), notifications=("NoticeServed",), funding=("NoticePeriodStarted",))
    case = await play.reads(play.of(VOLUNTEERS), "funding", change(play, "case"))
    play.expect(case["ends_on"] == "2015-10-15", "A letter was served on 15 July; the period runs anew.", case)


async def take_over(play: Play) -> None:
    """The organisation is no more in the middle of its notice; its successor stands in its place."""
    gone = play.of(VOLUNTEERS).organisation
    form = {"successor_id": play.of(YOUTH).organisation, "succeeded_on": "2015-07-16"}
    await play.does(OFFICE, f"records that {YOUTH.name} took over what {VOLUNTEERS.name} held", "partners",
                    f"/organisations/{gone}/succession", form, writes=("OrganisationSucceeded",))  # fmt: skip
    await play.settled(**({"funding": ("ChangeTakenOver",)} if play.system.returns is not None else {}))
    case = await play.reads(play.of(YOUTH), "funding", change(play, "case"))
    play.expect(bool(case), f"{YOUTH.name} reads the case: notice goes on with it.")


async def pay_former(play: Play) -> None:
    """Nothing goes to the account of the former organisation any more."""
    listed = await play.listed(MANAGER, "funding", f"/agreements/{play.id('agreement volunteers')}/payments")
    number = next(one["number"] for one in listed if not one["made_on"] and not one["cancelled"])
    path = play.keep("payment owed", payment(play, VOLUNTEERS, number))
    await play.quietly(MANAGER, "funding", f"{path}/request", None)
    await play.refused(DECIDER, "releasing a payment to the account of the former organisation", "funding",
                       f"{path}/release", code="bank_details_not_confirmed",
                       cites=f"Agreement {PROGRAMME} bank details")  # fmt: skip


async def pay_successor(play: Play) -> None:
    """What it was owed goes to its successor, once that one has said where it is paid."""
    former, path, heir = play.of(VOLUNTEERS).organisation, play.id("payment owed"), play.of(YOUTH)
    named = {"Compact-Body": former}
    form = {"organisation_id": former, "account_name": YOUTH.name, **ACCOUNT}
    entered = await play.does(heir, "says where it is paid in its place", "funding", "/bank-details", form,
                              writes=("BankDetailsEntered",), headers=named)  # fmt: skip
    confirm = f"/organisations/{former}/bank-details/{entered['details_id']}/confirm"
    await play.does(FINANCE, "confirms it", "funding", confirm, writes=("BankDetailsConfirmed",))
    await play.does(DECIDER, "releases the payment", "funding", f"{path}/release", writes=("PaymentReleased",))
    await play.does(FINANCE, "pays it", "funding", f"{path}/made",
                    {"ledger_reference": "SC-2015-0716"}, writes=("PaymentMade",))  # fmt: skip
    await play.wait_until(at(2015, 7, 20))


async def end_notice(play: Play) -> None:
    """The successor is dissolved too, and nobody took over: notice is no longer possible."""
    gone = f"/organisations/{play.of(YOUTH).organisation}/dissolution"
    await play.does(OFFICE, f"records that {YOUTH.name} is no more, and that nobody took over", "partners", gone,
                    {"dissolved_on": "2015-07-20"}, writes=("OrganisationDissolved",))  # fmt: skip
    if play.system.returns is None:
        await play.settled()
        return
    await play.settled(funding=("NoticePeriodStopped", "NoticeNoLongerPossible"))
    case = await play.reads(COMMISSIONER, "funding", change(play, "case"))
    play.expect(case["state"] == "notice_no_longer_possible", "The notice ends: nobody is there to be given it.", case)


async def learn_late(play: Play) -> None:
    """What was released while nobody knew that the organisation was no more is put before a second person."""
    listing = f"/agreements/{play.id('agreement carers')}/payments"
    listed = await play.listed(MANAGER, "funding", listing)
    path = payment(play, CARERS, next(one["number"] for one in listed if not one["made_on"] and not one["cancelled"]))
    await play.quietly(MANAGER, "funding", f"{path}/request", None)
    await play.does(DECIDER, f"releases a payment of {CARERS.name}", "funding", f"{path}/release",
                    writes=("PaymentReleased",))  # fmt: skip
    gone = f"/organisations/{play.of(CARERS).organisation}/dissolution"
    await play.does(OFFICE, f"hears only now that {CARERS.name} was dissolved a week ago", "partners", gone,
                    {"dissolved_on": "2015-07-13"}, writes=("OrganisationDissolved",))  # fmt: skip
    await play.settled(funding=("DecidedUnaware",))
    (doubt,) = await play.listed(FINANCE, "funding", "/decisions-in-doubt")
    asked = (doubt["given_to_role"], doubt["code"]) == ("finance", "organisation_dissolved")
    play.expect(asked, "The release is put before finance: the organisation was no more when it was made.", doubt)
    answer = f"/decisions-in-doubt/{doubt['doubt']}/answer"
    reasons = {"stands": False, "reasons": "Nobody could have spent it; the sum stays with the council."}
    await play.does(FINANCE, "answers that it does not stand", "funding", answer, reasons,
                    writes=("DoubtAnswered",))  # fmt: skip
    await play.settled()
    back = next(one for one in await play.listed(MANAGER, "funding", listing) if path.endswith(one["payment_id"]))
    play.expect(not back["released"] and back["made_on"] is None, "The release is taken back; nothing is paid.", back)


STEPS = (
    warn_health, leave_notice, change_ground, register_group, set_aside, decide, lapse, bounce_late, take_over,
    pay_former, pay_successor, end_notice, learn_late,
)  # fmt: skip
