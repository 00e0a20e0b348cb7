import re
from datetime import date
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from jinja2 import UndefinedError
from typst import TypstError

from services.notifications.rendering import FOLDER, Heading, Rendered, email, letter, render
from tests.unit.notifications_givens import TUESDAY, at

REASONS = "We weighed it fairly.\n\n  * indented, <b>not bold</b>, #strong[not markup]\n- {{ not a variable }} & £5"
AMOUNTS = [{"year": "2014/15", "pounds": 150000}, {"year": "2015/16", "pounds": 90000}]
PARTS = [{"heading": "Reach across the borough", "text": REASONS}, {"heading": "Value", "text": "Good value."}]
REPORT = {"period": "April to September 2014", "agreement": "Advice in Sutton", "due_on": "2014-10-31"}
FUNDER = {"funder": "Sutton Council"}
TERM = {"starts_on": "2014-07-01", "ends_on": "2017-06-30"}
AWARD = {**FUNDER, **TERM, "title": "Strategic Partners", "amounts": AMOUNTS}
SUPPORT = {**FUNDER, "agreement": "Advice in Sutton"}
CHANGE = {**SUPPORT, "texts": PARTS[:1]}
PAYMENT = {**FUNDER, "agreement": "Advice in Sutton", "pounds": 30000, "due_on": "2014-05-14"}

VARIANTS: dict[str, list[dict[str, Any]]] = {
    "award": [{**AWARD, "texts": PARTS}, {**AWARD, "texts": []}],
    "award_to_member": [AWARD],
    "bid_declined": [
        {**FUNDER, "title": "Strategic Partners", "ineligible": ineligible, "texts": PARTS}
        for ineligible in (False, True)
    ],
    "bid_document_requested": [
        {"programme": "Strategic Partners", "due_on": "2014-04-08", "citation": citation, "texts": PARTS[:1]}
        for citation in ("", "Sutton Compact 3.3.8")
    ],
    "change_proposed": [
        {**CHANGE, "kind": kind, "support": support, "ground": ground}
        for kind in ("reduce", "end", "other")
        for support in ("funding", "premises", "staff_time", "goods", "training")
        for ground in (
            "performance", "resources", "need", "fraud", "safeguarding", "insolvency", "grant_lost_by_law",
        )
    ],
    "scores_given": [
        {**FUNDER, "programme": "Strategic Partners", "points_at_most": 10, "points": [7, 4], "texts": PARTS}
    ],
    "review_answered": [
        {"programme": "Partners", "outcome": outcome, "texts": PARTS[:1]} for outcome in ("stands", "at_fault")
    ],
    "support_affected": [
        {**FUNDER, "programme": "Partners", "agreement": "Advice", "ends_on": "2017-06-30", "texts": PARTS[:1]}
    ],
    "funder_asked_of_term_end": [
        {**FUNDER, "agreement": "Advice in Sutton", "ends_on": "2017-06-30", "citation": "Sutton Compact 3.4.3"}
    ],
    "review_overdue": [{**FUNDER, "programme": "Strategic Partners", "due_on": "2014-05-07"}],
    "representation_invited": [
        {**FUNDER, "agreement": "Advice in Sutton", "respond_by": "2015-04-02", "citation": citation}
        for citation in ("", "Sutton Compact 3.4.3")
    ],
    "change_withdrawn": [{**FUNDER, "agreement": "Advice in Sutton", "anew": anew} for anew in (False, True)],
    "change_decided": [
        {**FUNDER, "agreement": "Advice in Sutton", "kind": kind, "support": support, "months": months,
         "agreed": months > 1, "amounts": AMOUNTS if kind == "reduce" else [], "texts": PARTS}
        for kind in ("reduce", "end", "other")
        for support in ("funding", "premises", "staff_time", "goods", "training")
        for months in (1, 6)
    ],
    "notice_period_started": [
        {**FUNDER, "agreement": "Advice in Sutton", "served_on": "2015-05-06", "ends_on": "2015-11-06",
         "effect_on": "2015-11-07"}
    ],
    "exit_plan_asked": [
        {**FUNDER, "agreement": "Advice in Sutton", "due_on": "2015-06-03", "citation": citation}
        for citation in ("", "Sutton Compact 3.4.5")
    ],
    "change_taken_over": [
        {**FUNDER, "agreement": "Advice in Sutton", "taken_over_on": "2015-06-01", "decided": decided,
         "ends_on": ends_on}
        for decided, ends_on in ((False, ""), (True, ""), (True, "2015-11-06"))
    ],
    "sums_made_good": [
        {**FUNDER, "agreement": "Advice in Sutton", "held_from": "2015-11-07", "amounts": amounts}
        for amounts in (AMOUNTS, [])
    ],
    "step_set_aside": [
        {**FUNDER, "agreement": "Advice in Sutton", "step": "Representation", "lapses_on": "2015-06-12",
         "statute": "Local Government Finance Act 1988 section 114", "texts": PARTS[:1]}
    ],
    "concern_answered": [
        {**FUNDER, "finding": finding, "texts": PARTS[:1]} for finding in ("upheld", "not_upheld", "put_right")
    ],
    "agreement_in_force": [{**AWARD, "agreement": "Advice in Sutton"}],
    "payment_made": [
        {**PAYMENT, "made_on": "2014-05-12", "ledger_reference": "SC-1", "late": late, "waited_for": side}
        for late, side in ((True, "funder"), (True, "organisation"), (False, ""))
    ],
    "payment_overdue": [
        {**PAYMENT, "because": because} for because in ("not_paid", "no_bank_details", "report_overdue")
    ],
    "payment_held": [
        {
            **PAYMENT, "ground": ground, "renewal": renewal, "ends_on": ends_on, "citation": citation,
            "texts": PARTS[:1],
        }
        for ground in (
            "report_overdue", "agreement_breached", "suspected_fraud", "safeguarding", "payee_in_doubt",
            "funders_budget", "other",
        )
        for renewal in (False, True)
        for ends_on, citation in (("2014-06-11", "Sutton Compact 3.3.4"), ("", ""))
    ],
    "payment_returned": [
        {**PAYMENT, "reason": reason} for reason in ("account_closed", "account_unknown", "refused_by_bank")
    ],
    "report_due": [{**FUNDER, **REPORT}],
    "report_reminder": [{**FUNDER, **REPORT}],
    "report_overdue": [{**FUNDER, **REPORT}],
    "report_overdue_withdrawn": [REPORT],
    "report_extension_refused": [{**REPORT, "due_on": day, "texts": PARTS[:1]} for day in ("2014-10-31", "")],
    "report_returned": [{**FUNDER, **REPORT, "texts": PARTS[:1]}],
    "funder_answer_overdue": [{**FUNDER, **REPORT}],
    "meeting_due": [{**SUPPORT, "hold_by": "2014-07-14"}],
    "meeting_missed": [{**SUPPORT, "hold_by": "2014-07-14"}],
    "under_performance_raised": [
        {**CHANGE, "outcome_ids": ["heard", "governed"], "agree_by": day} for day in ("2015-01-26", "")
    ],
    "timetable_proposed": [{**CHANGE, "side": "funder"}],
    "timetable_agreed": [{**SUPPORT, "ends_on": "2015-03-06"}],
    "timetable_not_agreed": [{**SUPPORT, "agree_by": "2015-01-26", "positions_by": "2015-02-10"}],
    "timetable_decided": [{**CHANGE, "ends_on": "2015-03-06"}],
    "action_not_confirmed": [{**CHANGE, "action_id": "forum", "side": "partner", "due_on": "2015-03-06"}],
    "action_missed": [
        {**SUPPORT, "action_id": "forum", "side": side, "due_on": "2015-03-06"} for side in ("funder", "partner")
    ],
    "timetable_ended": [{**SUPPORT, "result": result} for result in ("failed", "recovered")],
    "review_opened": [{
        **SUPPORT, "from_on": "2014-04-01", "to_on": "2015-03-31", "conclude_by": "2015-06-29",
        "parts": ["effectiveness", "economy", "efficiency"],
    }],
    "review_assessed": [{**SUPPORT, "conclude_by": "2015-06-29", "texts": PARTS}],
    "review_concluded": [{**CHANGE, "late": late} for late in (False, True)],
    "review_missed": [
        {**SUPPORT, "conclude_by": "2015-06-29", "waited_for": who} for who in ("funder", "residents", "partner")
    ],
}  # fmt: skip
TEMPLATES = sorted(file.stem for file in FOLDER.glob("*.txt") if file.stem != "frame")


def heading(copy: bool = False, office: str = "secretary", organisation: str = "Lantern Trust") -> Heading:
    return Heading(number="N-0123456789", organisation=organisation, office=office, dated=TUESDAY, copy=copy)


def test_every_template_is_rendered_here():
    assert sorted(VARIANTS) == TEMPLATES


@pytest.mark.parametrize("copy", [False, True])
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_notice_reads_well_with_all_it_may_have_to_say(template, copy):
    for particulars in VARIANTS[template]:
        text = render(template, particulars, heading(copy)).text

        assert text.startswith("Copy of notice N-0123456789: " if copy else "Notice N-0123456789: ")
        assert text.count("N-0123456789") >= 2
        assert "The secretary\nLantern Trust\n\n1 April 2014" in text
        without_reasons = text.replace(REASONS, "REASONS")
        assert not re.search(r"\{[{%]|[%}]\}|\n\n\n| \n|None|Undefined|grant_|staff_", without_reasons)
        assert all(line == line.rstrip() for line in without_reasons.split("\n"))


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_that_lacks_a_variable_says_so_instead_of_leaving_a_gap(template):
    for missing in VARIANTS[template][0]:
        particulars = {name: value for name, value in VARIANTS[template][0].items() if name != missing}
        if missing in FOLDER.joinpath(f"{template}.txt").read_text():
            with pytest.raises(UndefinedError):
                render(template, particulars, heading())


@pytest.mark.parametrize("template", ["award", "bid_declined", "report_returned", "change_proposed", "payment_held"])
def test_reasons_reach_the_reader_word_for_word_under_the_words_of_their_criterion(template):
    text = render(template, VARIANTS[template][0], heading()).text

    assert f"\n\n{REASONS}\n" in text
    assert ("Reach across the borough\n\n" + REASONS in text) == (template in ("award", "bid_declined"))


def test_a_copy_says_so_in_its_subject_and_its_first_line():
    notice = render("report_due", VARIANTS["report_due"][0], heading(copy=True))

    assert notice.subject.startswith("Copy of notice N-0123456789: ")
    assert notice.text.split("\n")[0] == notice.subject
    assert "This is a copy of notice N-0123456789." in notice.body


def test_a_notice_to_the_registered_address_names_the_organisation_alone():
    text = render("report_due", VARIANTS["report_due"][0], heading(office="registered_address")).text

    assert "Lantern Trust\nat its registered address\n" in text


def test_the_text_of_an_email_is_exactly_what_was_hashed():
    odd = "£ é “quoted”\n.\n..dots\nFrom here\ttabs  spaces \n\x0bvertical\n" + "long " * 400
    notice = render("report_returned", {**VARIANTS["report_returned"][0], "texts": [{"text": odd}]}, heading())

    sent = email(
        notice, number="N-0123456789", message_id="<a@example.invalid>", to="a@lantern.example",
        sender="returns@example.invalid", sent_at=at(TUESDAY),
    )  # fmt: skip
    read = message_from_bytes(sent, policy=default)

    assert read.get_content().replace("\r\n", "\n") == notice.text
    assert odd in notice.text
    assert read["Message-ID"] == "<a@example.invalid>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Subject"].strip() == notice.subject
    assert read["Notice-Number"] == "N-0123456789"
    assert max(map(len, sent.split(b"\r\n"))) <= 998
    assert sent.count(b"\n") == sent.count(b"\r\n")


@pytest.mark.parametrize("name", ["Lantern\r\nBcc: x@y.example", "Lantern\rTrust", "Zażółć e\u0301"])
def test_a_name_with_line_ends_in_it_forges_no_header(name):
    notice = render("bid_declined", {**VARIANTS["bid_declined"][0], "title": name}, heading())

    sent = email(
        notice, number="N-1", message_id="<a@b.example>", to="a@b.example", sender="r@b.example", sent_at=at(TUESDAY)
    )
    read = message_from_bytes(sent, policy=default)

    assert read["Bcc"] is None
    assert str(read["To"]) == "a@b.example"


def test_a_letter_is_a_tagged_accessible_pdf_and_always_the_same_bytes():
    notice = render("award", VARIANTS["award"][0], heading())

    made = letter(notice, heading())

    assert made == letter(notice, heading())
    assert made.startswith(b"%PDF-1.7")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in made
    assert b"/StructTreeRoot" in made
    assert b"/Marked true" in made
    assert b"/Lang(en-GB)" in made
    assert notice.subject.encode() in made


def test_what_people_wrote_is_never_read_as_markup_of_the_letter():
    plain = letter(Rendered("Subject", "x"), heading())

    for tricky in ('#panic("x")', "= No heading", "*", "$x$", "\\", '"', "@ref", "<label>", "// x", '#import "x"'):
        assert letter(Rendered(tricky, tricky), heading()) != plain


def test_a_letter_for_which_no_font_has_the_characters_is_refused_rather_than_sent_with_gaps():
    with pytest.raises(TypstError):
        letter(Rendered("Subject", "a\x00b"), heading())


def test_dates_read_as_they_are_spoken():
    text = render("report_due", {**VARIANTS["report_due"][0], "due_on": date(2014, 10, 3).isoformat()}, heading()).text

    assert "by the end of 3 October 2014." in text
