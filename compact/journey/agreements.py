"""Act 5: agreements come into force only with all that must stand before them; payments and reports fall due."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from compact.journey import payments, performance, terms
from compact.journey.bids import OUTCOMES, SPP, at
from compact.journey.decisions import AWARDED
from compact.journey.people import (
    ADVICE,
    CARERS,
    COMMISSIONER,
    DECIDER,
    MANAGER,
    OFFICE,
    SENIOR,
    VOLUNTEERS,
    Vco,
)
from compact.journey.playing import Play
from compact.journey.telling import day

TITLE = "5. Agreements and reports"
QUESTIONS = {
    "governed": "How many organisations took up advice on governance?",
    "heard": "At how many meetings were voluntary organisations heard?",
}


async def sign(play: Play) -> None:
    """Each party signs: a representative, and a decider within the limit."""
    path = f"/agreements/{play.id('agreement advice')}"
    await play.does(
        play.of(ADVICE), "signs its agreement", "funding", f"{path}/sign", writes=("AgreementSignedByParty",)
    )
    await play.refused(COMMISSIONER, "bringing it into force", "funding", f"{path}/bring-into-force",
                       code="no_commissioning_manager", cites=f"{SPP} Checks and balances")  # fmt: skip
    await play.refused(DECIDER, "signing for the council", "funding", f"{path}/sign", code="over_limit",
                       cites="Sutton Council scheme of delegation 4.2 limit")  # fmt: skip
    await play.does(SENIOR, "signs it for the council", "funding", f"{path}/sign", writes=("AgreementSignedByParty",))
    play.telling.does("The two other agreements are signed by both parties too.", play.now)
    for vco in (CARERS, VOLUNTEERS):
        for who in (play.of(vco), SENIOR):
            await play.quietly(who, "funding", f"/agreements/{play.id(f'agreement {vco.key}')}/sign", None)
    await play.settled(funding=("AgreementSignedByParty",) * 6)


async def nominate(play: Play) -> None:
    """The council names who manages each agreement; nobody else does."""
    form = {"person_id": MANAGER.id}
    path = f"/managers/{play.id('agreement advice')}"
    await play.refused(MANAGER, "naming itself", "partners", path, form, code="manager_named_by_funder",
                       cites=f"{SPP} Checks and balances")  # fmt: skip
    play.telling.does(f"{COMMISSIONER.words} names {MANAGER.id} as commissioning manager of each agreement.", play.now)
    for vco in AWARDED:
        await play.quietly(COMMISSIONER, "partners", f"/managers/{play.id(f'agreement {vco.key}')}", form)
    await play.settled(partners=("CommissioningManagerNominated",) * 3)
    await play.refused(COMMISSIONER, "bringing the agreement into force", "funding",
                       f"/agreements/{play.id('agreement advice')}/bring-into-force", code="monitoring_not_agreed",
                       cites="Sutton Compact 3.3.5")  # fmt: skip


def proposal(*dates: tuple[str, str, str], without: str = "") -> dict[str, Any]:
    """The form of how outcomes are monitored."""
    questions = [
        {"id": f"q-{one}", "outcome_id": one, "what": what, "why": "It is what the award commits to.",
         "how_used": "Discussed at the quarterly meeting, and published as a total."}
        for one, what in QUESTIONS.items() if one != without
    ]  # fmt: skip
    reports = [{"period": period, "opens_on": opens, "due_on": due} for period, opens, due in dates]
    return {"reports": reports, "questions": questions}


async def agree_monitoring(play: Play) -> None:
    """How outcomes are monitored is agreed by both sides before the agreement is made."""
    path = f"/agreements/{play.id('agreement advice')}/monitoring/proposals"
    quarter = ("2014 Q1", "2014-07-01", "2014-07-31")
    await play.refused(MANAGER, "proposing monitoring that asks nothing about one outcome", "monitoring", path,
                       proposal(quarter, without="heard"), code="outcome_not_monitored",
                       cites="Sutton Compact 3.3.5")  # fmt: skip
    await play.refused(MANAGER, "proposing a report whose form is open for two weeks", "monitoring", path,
                       proposal(("2014 Q1", "2014-07-01", "2014-07-15")), code="form_open_too_short",
                       cites="Sutton Compact 3.3.10")  # fmt: skip
    found = await play.does(MANAGER, "proposes a report by 31 July", "monitoring", path, proposal(quarter),
                            writes=("MonitoringProposed",))  # fmt: skip
    agree = f"{path}/{found['proposal_id']}/agreement"
    await play.refused(MANAGER, "agreeing to its own proposal", "monitoring", agree, code="own_proposal",
                       cites="Sutton Compact 3.3.5")  # fmt: skip
    await play.does(play.of(ADVICE), "agrees", "monitoring", agree, writes=("MonitoringAgreed",))
    play.keep("report advice", found["report_ids"][0])
    await play.settled(funding=("AgreementInForce",), monitoring=("ReportsScheduled",))
    read = await play.reads(play.of(ADVICE), "funding", f"/agreements/{play.id('agreement advice')}")
    play.expect(read["in_force"], "With the last condition met, the agreement came into force by itself.")


async def agree_the_others(play: Play) -> None:
    """The two others agree in the same way, one proposed by the partner."""
    quarter = ("2014 Q1", "2014-07-01", "2014-07-31")
    play.telling.does("The two others agree their monitoring in the same way.", play.now)
    for vco, proposer, other in ((CARERS, MANAGER, play.of(CARERS)), (VOLUNTEERS, play.of(VOLUNTEERS), MANAGER)):
        path = f"/agreements/{play.id(f'agreement {vco.key}')}/monitoring/proposals"
        found = await play.quietly(proposer, "monitoring", path, proposal(quarter))
        play.keep(f"report {vco.key}", found["report_ids"][0])
        await play.quietly(other, "monitoring", f"{path}/{found['proposal_id']}/agreement", None)
    await play.settled(funding=("AgreementInForce",) * 2, monitoring=("ReportsScheduled",) * 2,
                       notifications=("NoticeRequested",) * 2)  # fmt: skip


def report(play: Play, vco: Vco, what: str) -> str:
    """Where a step with an organisation's report goes."""
    return f"/reports/{play.id(f'report {vco.key}')}/{what}"


def submission(measured: int) -> dict[str, Any]:
    """The form of a report; people appear as counts, and never as small ones."""
    told = {"status": "partly", "people": 42, "words": "Twelve organisations took part; four changed what they do."}
    outcomes = [{"outcome_id": one, "measured": measured, **told} for one in OUTCOMES]
    answers = [{"question_id": f"q-{one}", "words": "Twelve so far, most of them small."} for one in OUTCOMES]
    value = "Volunteers gave 900 hours; two members found work through what they learned."
    equality = "A third of the organisations advised are run by and for people with disabilities."
    return {"outcomes": outcomes, "answers": answers, "value": value, "equality": equality}


async def open_forms(play: Play) -> None:
    """The forms open, an extension is asked for, and reminders go out five working days before."""
    await play.wait_until(at(2014, 7, 1, 9), monitoring=("ReportDue",) * 3, notifications=("NoticeRequested",) * 3)
    play.telling.note("Each form is open for 20 working days and more (Sutton Compact 3.3.10).")
    await play.wait_until(at(2014, 7, 25, 9), notifications=("ReminderSent",) * 3)
    notices = await play.listed(OFFICE, "notifications", "/notices")
    reminded = [one["requested_at"] for one in notices if one["template"] == "report_reminder"]
    days = {day(datetime.fromisoformat(moment)) for moment in reminded}
    play.expect(days == {"24 July 2014"}, "The reminders went out on 24 July, five working days before.", days)


async def ask_extension(play: Play) -> None:
    """Longer time, asked for before the date, and granted."""
    volunteers = play.of(VOLUNTEERS)
    form = {"until": "2014-08-14", "reason": "Two member organisations send their figures after the holidays."}
    path = report(play, VOLUNTEERS, "extension-requests")
    await play.does(volunteers, "asks for longer, until 14 August", "monitoring", path, form,
                    writes=("ReportExtensionAsked",))  # fmt: skip
    found = await play.does(MANAGER, "grants it", "monitoring", f"{path}/agreement", writes=("ReportExtensionAgreed",))
    play.expect(found["due_on"] == "2014-08-14", "That report is due on 14 August now.")


async def answer_report(play: Play) -> None:
    """A report is handed in with its outcomes, returned with reasons, handed in again, accepted."""
    await play.wait_until(at(2014, 7, 28, 15))
    submit, advice = report(play, ADVICE, "submissions"), play.of(ADVICE)
    await play.does(advice, "hands in its report", "monitoring", submit, submission(12),
                    writes=("ReportSubmitted", *("OutcomeReported",) * len(OUTCOMES)))  # fmt: skip
    back = {"due_on": "2014-08-11", "reasons": [{"about": "heard", "reason": "The number of meetings is missing."}]}
    await play.refused(DECIDER, "returning it", "monitoring", report(play, ADVICE, "returns"), back,
                       code="role_not_allowed", status=403)  # fmt: skip
    await play.does(MANAGER, "returns it with its reason, due again on 11 August", "monitoring",
                    report(play, ADVICE, "returns"), back, writes=("ReportReturned",))  # fmt: skip
    await play.settled(notifications=("NoticeRequested",))


async def pass_the_date(play: Play) -> None:
    """What is late becomes overdue by itself; what was returned is put right and accepted."""
    await play.wait_until(at(2014, 8, 1, 9), monitoring=("ReportOverdue",))
    late = [one for one in await play.listed(OFFICE, "monitoring", "/overdue") if one["late"] == "partner"]
    mine = [one["report_id"] for one in late] == [play.id("report carers")]
    play.expect(mine, f"Only the report of {CARERS.name} is overdue: one is extended, one was handed in.")
    await play.wait_until(at(2014, 8, 6, 11))
    again = submission(14)
    await play.does(play.of(ADVICE), "hands its report in again", "monitoring", report(play, ADVICE, "submissions"),
                    again, writes=("ReportSubmitted",))  # fmt: skip
    await play.does(MANAGER, "accepts it", "monitoring", report(play, ADVICE, "acceptance"), writes=("ReportAccepted",))
    path = report(play, CARERS, "submissions")
    found = await play.does(play.of(CARERS), "hands in its late report", "monitoring", path, submission(3),
                            writes=("ReportSubmitted",))  # fmt: skip
    play.expect(found["late"], "It is recorded as late.")
    await play.does(MANAGER, "accepts it all the same", "monitoring", report(play, CARERS, "acceptance"),
                    writes=("ReportAccepted",))  # fmt: skip


async def stay_silent(play: Play) -> None:
    """A funder that does not answer in 20 working days is recorded as late instead."""
    await play.wait_until(at(2014, 8, 12, 10))
    path = report(play, VOLUNTEERS, "submissions")
    found = await play.does(play.of(VOLUNTEERS), "hands in its report before its new date", "monitoring", path,
                            submission(20), writes=("ReportSubmitted",))  # fmt: skip
    in_time = (found["late"], found["answer_due_on"]) == (False, "2014-09-10")
    play.expect(in_time, "It is in time; the council's answer is due by 10 September.")
    play.telling.does("Nobody of the council answers.", play.now)
    await play.wait_until(at(2014, 9, 12, 9), monitoring=("FunderAnswerOverdue", "ReportAccepted"))
    late = [one for one in await play.listed(OFFICE, "monitoring", "/overdue") if one["late"] == "funder"]
    play.expect([one["report_id"] for one in late] == [play.id("report volunteers")],
                "The report counts as accepted, and the lateness is the council's.")  # fmt: skip


STEPS = (
    *terms.STEPS, sign, nominate, agree_monitoring, agree_the_others, *payments.FIRST, performance.meet, open_forms,
    ask_extension, answer_report, pass_the_date, stay_silent, *payments.LATER,
)  # fmt: skip
