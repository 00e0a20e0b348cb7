"""What a report shows beside its outcomes: value, in proportion to size (3.3.11), and the equality duty (3.5.4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from contracts.funding import AgreementDrafted, YearAmount
from contracts.monitoring import ReportAsked, ReportPart
from contracts.rules import Rule
from services.monitoring.report import Report
from services.monitoring.terms import Terms
from services.runtime.calendar import add_months
from services.runtime.decisions import Rejection

YEAR = 12
WORDS: Mapping[ReportPart, tuple[str, str]] = {
    ReportPart.VALUE: (
        "The report does not show the social, environmental or economic value of the work.",
        "Say under `value` what the work was worth to people, places or the economy.",
    ),
    ReportPart.EQUALITY: (
        "The last report of the year does not show what the work does for equality.",
        "Say under `equality` how the work helps the public bodies to promote equality and tackle discrimination.",
    ),
}


def parts_asked(report: Report, asked: ReportAsked, terms: Terms) -> Iterator[ReportPart]:
    """What is asked of a report when its form opens, so that nobody learns of it at the end."""
    if report.drafted is None:
        return
    value = terms.bound_by(terms.rules.value_shown)
    if value and largest(report.drafted.amounts) >= value.from_pounds:
        yield ReportPart.VALUE
    others = (each.due_on for each in report.scheduled.values() if each.report_id != asked.report_id)
    if terms.bound_by(terms.rules.equality_duty) and _last_of_year(report.drafted, asked.due_on, others):
        yield ReportPart.EQUALITY


def part_missing(report: Report, given: Collection[ReportPart], terms: Terms) -> Rejection | None:
    """The refusal of a report without a part that was asked of it (Sutton Compact 3.3.11, 3.5.4)."""
    rules: Mapping[ReportPart, Rule | None] = {
        ReportPart.VALUE: terms.rules.value_shown, ReportPart.EQUALITY: terms.rules.equality_duty,
    }  # fmt: skip
    missing = (part for part in report.parts if part not in given)
    cited = ((part, rule) for part in missing if (rule := terms.bound_by(rules[part])))
    part, rule = next(cited, (None, None))
    if part is None or rule is None:
        return None
    sentence, remedy = WORDS[part]
    return Rejection(f"{part}_not_shown", sentence, rule.citation, remedy)


def largest(amounts: Iterable[YearAmount]) -> int:
    """The support of the year with the most, in whole pounds."""
    return max((amount.pounds for amount in amounts), default=0)


def year_of(agreement: AgreementDrafted, day: date) -> int:
    """In which year of the agreement a day lies, the first being 0."""
    year = 0
    while add_months(agreement.starts_on, YEAR * (year + 1)) <= day:
        year += 1
    return year


def _last_of_year(agreement: AgreementDrafted, due_on: date, others: Iterable[date]) -> bool:
    year = year_of(agreement, due_on)
    return not any(other > due_on and year_of(agreement, other) == year for other in others)
