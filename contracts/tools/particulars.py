"""What differs from event to event in the samples: values of its own, when it happened, and who acted."""

from __future__ import annotations

from typing import Any

from contracts.tools.story import COUNCIL, MEMBER, RULES, VCO

_BODY = {"about": "programme:spp-2014", "command": "ApproveAward", "code": "award_beyond_money"}
_ROUND = {"citation": {"document": "Programme Strategic Partner Programme 2014 to 2017", "clause": "money"}}

OF_EVENT: dict[str, dict[str, Any]] = {
    "partners.rules_adopted": {"rules": RULES},
    "partners.signatory_joined": {"organisation_id": COUNCIL, "pending": False},
    "partners.signatory_left": {"organisation_id": "sutton-fire"},
    "partners.organisation_details_changed": {"by_itself": True, "size": "small"},
    "partners.organisations_imported": {
        "file": "9f2c41d07be35a86019d4e7fc2b8a3560e71d9c4f8b2035a6e1d7c90b4f3a852",
        "lines": 640,
        "registered": 612,
        "changed": 0,
        "unchanged": 19,
        "refused": 9,
        "refusals": [{"line": 204, "column": "registered_on", "code": "not_a_date"}],
        "notes": [{"line": 318, "column": "name", "code": "same_name_as", "other_line": 77}],
    },
    "partners.office_holder_appointed": {
        "person_id": "person-8e01",
        "organisation_id": COUNCIL,
        "role": "decider",
        "answers_to": "councillor",
    },
    "partners.office_holder_removed": {"organisation_id": COUNCIL},
    "partners.commissioning_manager_nominated": {"organisation_id": COUNCIL},
    "partners.commissioning_manager_replaced": {"organisation_id": COUNCIL, "person_id": "person-6a27"},
    "funding.programme_published": {"closes_at": "2014-01-31T17:00:00Z"},
    "funding.bid_submitted": {"members": [{"organisation_id": MEMBER, "share_pounds": 14000}]},
    "funding.consortium_member_confirmed": {"organisation_id": MEMBER, "confirmed_by": "person-c3d8"},
    "funding.bid_document_requested": {"criterion_id": "accounts-filed", "due_on": "2014-02-14"},
    "funding.bid_document_put_right": {"criterion_id": "accounts-filed"},
    "funding.award_made_unaware": {"code": "organisation_was_suspended"},
    "funding.disclosure_scheduled": {"served_on": "2015-01-15", "disclose_on": "2015-01-16"},
    "funding.sealed_step_warned": {"body_id": "sutton-ccg", "command": "ApproveAward", "code": "rationale_incomplete"},
    "funding.bid_found_ineligible": {"criterion_id": "accounts-filed"},
    "funding.panel_appointed": {
        "members": [
            {"person_id": "person-a410", "organisation_id": COUNCIL},
            {"person_id": "person-a411", "organisation_id": "sutton-police"},
            {"person_id": "person-a412", "organisation_id": "GB-CHC-9900031", "sector": True},
        ]
    },
    "funding.panel_interest_declared": {
        "interests": [{"organisation_id": VCO, "interest": False}, {"organisation_id": MEMBER, "interest": True}]
    },
    "funding.bid_scored": {"scores": [{"points": 8}]},
    "funding.proposer_met": {"present": ["person-a410", "person-a412"]},
    "funding.panel_recommended": {"ranking": [{"bid_id": "bid-0041", "hundredths": 7850, "recommended": True}]},
    "funding.scores_given": {"points_at_most": 10, "scores": [{"points": 8}]},
    "funding.decision_review_requested": {"answer_due_on": "2014-05-07"},
    "funding.support_affected_by_round": {"notice_by": "2016-12-31"},
    "funding.incumbent_not_awarded": {"kind": "end", "kept_until_at_least": "2017-02-14"},
    "funding.term_question_scheduled": {"ask_on": "2016-06-30", "citation": {"clause": "3.4.3"}},
    "funding.term_end_asked": {"citation": {"clause": "3.4.3"}},
    "funding.decision_review_answered": {"outcome": "stands", "late": False},
    "monitoring.monitoring_proposed": {"by_funder": True, "proposed_by": "person-5d12"},
    "monitoring.monitoring_closed": {"closed_on": "2017-03-31"},
    "monitoring.report_accepted": {"by_silence": False, "accepted_by": "person-5d12"},
    "monitoring.report_extension_agreed": {"by_silence": False, "due_on": "2014-10-24", "remind_on": "2014-10-17"},
    "monitoring.outcome_reported": {"status": "achieved"},
    "monitoring.report_submitted": {"late": False},
    "notifications.contact_given": {"office": "chief officer", "channel": "email"},
    "notifications.contact_withdrawn": {"reason": "left_office"},
    "notifications.letter_confirmed": {"serves_on": "2014-04-04", "confirmed_by": "person-2f60"},
    "notifications.notice_attempted": {"channel": "email"},
    "notifications.notice_attempt_uncertain": {"reason": "connection_lost_after_data"},
    "notifications.notice_escalated": {"reason": "no_address_left"},
    "notifications.notice_served": {"proved_by": "emailed_not_bounced"},
    "notifications.service_deemed": {"confirmed_by": "person-2f60"},
    "notifications.reminder_sent": {"about": "report:report-0012-1"},
    "compact.step_refused": {"about": "change:change-0003"},
    "compact.sealed_step_refused": {**_BODY, **_ROUND},
    "compact.step_warned": {"body_id": "sutton-ccg", "about": "change:change-0007"},
    "compact.request_refused": {
        "about": "programme:spp-2014",
        "command": "SubmitBid",
        "code": "over_the_limit_per_year",
        "citation": {"document": "Strategic Partner Programme", "clause": "Structure"},
    },
    "compact.decided_unaware": {"about": "agreement:agreement-0012", "code": "organisation_was_suspended"},
    "compact.message_held": {"reason": "due_on: not a date"},
    "compact.message_released": {"reason": "read_after_upgrade"},
    "compact.message_discarded": {"reason": "sent_by_mistake_by_its_publisher"},
}

MOMENTS: dict[str, str] = {
    "partners.rules_adopted": "2013-10-01T08:30:00.000000Z",
    "partners.organisation_registered": "2013-11-04T10:12:26.218400Z",
    "partners.commissioning_manager_nominated": "2014-04-10T13:05:52.731950Z",
    "funding.programme_published": "2013-12-02T09:00:03.114270Z",
    "funding.bid_submitted": "2014-01-24T15:12:09.412803Z",
    "funding.bids_opening_started": "2014-02-07T17:20:44.830115Z",
    "funding.award_approved": "2014-03-12T14:31:18.004217Z",
    "funding.announcement_missed": "2014-04-01T08:00:00.391760Z",
    "funding.agreement_drafted": "2014-04-03T09:40:12.557301Z",
    "funding.funding_change_proposed": "2015-01-13T11:26:37.190042Z",
    "monitoring.monitoring_proposed": "2014-04-08T10:02:15.660818Z",
    "monitoring.report_due": "2014-09-11T23:00:00.204915Z",
    "funding.panel_appointed": "2014-02-10T10:05:31.220146Z",
    "funding.scores_given": "2014-04-01T08:00:01.118236Z",
    "funding.decision_review_requested": "2014-04-04T14:20:08.411502Z",
    "funding.support_affected_by_round": "2016-07-18T10:14:52.630119Z",
    "funding.incumbent_not_awarded": "2016-11-14T09:00:00.418830Z",
    "funding.term_question_scheduled": "2014-05-01T09:12:44.200731Z",
    "funding.term_end_asked": "2016-06-30T00:00:00.311845Z",
    "notifications.contact_given": "2013-11-05T14:48:01.093377Z",
    "notifications.notice_requested": "2014-04-01T08:00:01.718236Z",
    "compact.step_refused": "2015-01-20T16:09:33.418861Z",
}
"""When an event happened; one that is not listed followed the one before it in its module."""

_OFFICE = ("person-2f60", "partnership_office", COUNCIL)
_COMMISSIONER = ("person-44c9", "commissioner", COUNCIL)
_DECIDER = ("person-8e01", "decider", COUNCIL)
_MANAGER = ("person-5d12", "commissioning_manager", COUNCIL)
_REPRESENTATIVE = ("person-91b3", "vco_representative", VCO)
_SYSTEM = ("system", "system", "")

BY_DEFAULT = {
    "partners": _OFFICE,
    "funding": _COMMISSIONER,
    "monitoring": _MANAGER,
    "notifications": _SYSTEM,
    "compact": _SYSTEM,
}
"""Who acts in each family of events where nothing else is said: person, role, organisation."""

ACTORS: dict[str, tuple[str, str, str]] = {
    "partners.organisation_details_changed": _REPRESENTATIVE,
    "funding.question_asked": _REPRESENTATIVE,
    "funding.bid_submitted": _REPRESENTATIVE,
    "funding.bid_received": _SYSTEM,
    "funding.bid_withdrawn": _REPRESENTATIVE,
    "funding.consortium_member_confirmed": ("person-c3d8", "vco_representative", MEMBER),
    "funding.bid_document_put_right": _REPRESENTATIVE,
    "funding.award_approved": _DECIDER,
    "funding.award_declined": _DECIDER,
    "funding.announcement_missed": _SYSTEM,
    "funding.results_announced": _SYSTEM,
    "funding.bid_awarded": _SYSTEM,
    "funding.bid_declined": _SYSTEM,
    "funding.rationale_given": _SYSTEM,
    "funding.agreement_drafted": _SYSTEM,
    "funding.agreement_signed_by_party": _REPRESENTATIVE,
    "funding.panel_member_stood_aside": _SYSTEM,
    "funding.incumbent_not_awarded": _SYSTEM,
    "funding.term_question_scheduled": _SYSTEM,
    "funding.term_end_asked": _SYSTEM,
    "funding.panel_interest_declared": _SYSTEM,
    "funding.bid_scored": _SYSTEM,
    "funding.proposer_met": _SYSTEM,
    "funding.panel_recommended": _SYSTEM,
    "funding.scores_given": _SYSTEM,
    "funding.decision_review_requested": _REPRESENTATIVE,
    "funding.decision_review_overdue": _SYSTEM,
    "funding.decision_review_answered": ("person-b201", "independent_reviewer", "sutton-fire"),
    "funding.agreement_in_force": _SYSTEM,
    "funding.funding_change_proposed": _DECIDER,
    "funding.change_disclosed": _SYSTEM,
    "monitoring.report_due": _SYSTEM,
    "monitoring.report_extension_asked": _REPRESENTATIVE,
    "monitoring.report_submitted": _REPRESENTATIVE,
    "monitoring.outcome_reported": _REPRESENTATIVE,
    "monitoring.report_overdue": _SYSTEM,
    "monitoring.funder_answer_overdue": _SYSTEM,
    "notifications.contact_given": _OFFICE,
    "notifications.contact_withdrawn": _OFFICE,
    "notifications.letter_posted": _COMMISSIONER,
    "notifications.letter_confirmed": _OFFICE,
    "notifications.service_deemed": _OFFICE,
    "compact.step_refused": _DECIDER,
    "compact.sealed_step_refused": _DECIDER,
    "compact.request_refused": _REPRESENTATIVE,
    "compact.step_warned": ("person-70aa", "commissioner", "sutton-ccg"),
    "compact.message_released": _COMMISSIONER,
    "compact.message_discarded": _COMMISSIONER,
}
