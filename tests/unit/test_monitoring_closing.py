"""Nothing more is asked of an organisation that no longer exists, and nobody's time runs."""

from collections.abc import Callable
from datetime import date

from monitoring_givens import (
    COMMISSIONER,
    DRAFTED_ON,
    VCO,
    Told,
    an_open_report,
    at,
    drafted,
    propose,
)

from contracts.monitoring import (
    MonitoringClosed,
)
from contracts.partners import OrganisationDissolved, OrganisationSucceeded
from services.monitoring import closing
from services.runtime.decisions import Query

# A dissolved organisation


def dissolved() -> OrganisationDissolved:
    return OrganisationDissolved(organisation_id=VCO, dissolved_on=date(2014, 7, 10))


def facts_of(told: Told) -> Callable[[closing.CloseMonitoring], Query]:
    """What the handler asks about: the organisation, and those whose matters came to it."""

    def query(command: closing.CloseMonitoring) -> Query:
        return closing.facts_of((command.organisation_id, *told.place.taken_over_by(command.organisation_id)))

    return query


def close(told: Told) -> list:
    command = closing.CloseMonitoring(actor=COMMISSIONER, now=at(date(2014, 7, 11)), organisation_id=VCO)
    return told.do(closing.close, command, facts_of(told))


def test_monitoring_of_a_dissolved_organisation_closes_and_its_clocks_stop() -> None:
    told = an_open_report()

    assert close(told) == []
    told.add(dissolved())
    (closed,) = close(told)

    assert isinstance(closed, MonitoringClosed)
    assert closed.report_ids == ("pr1-1", "pr1-2")
    assert told.timer_rows() == []
    assert told.row("reports", "pr1-1")["status"] == "closed"
    assert close(told) == []


def test_an_agreement_heard_of_after_the_dissolution_closes_too() -> None:
    told = Told().add(dissolved(), drafted())

    (closed,) = close(told)

    assert closed.report_ids == ()
    assert propose(told).code == "monitoring_closed"


def test_agreements_of_others_with_a_dissolved_funder_stay_open() -> None:
    told = Told().add(drafted(funder="other"), OrganisationDissolved(organisation_id="other", dissolved_on=DRAFTED_ON))

    command = closing.CloseMonitoring(actor=COMMISSIONER, now=at(DRAFTED_ON), organisation_id="other")

    assert told.do(closing.close, command, facts_of(told)) == []


def succeeded(former: str, heir: str) -> OrganisationSucceeded:
    return OrganisationSucceeded(organisation_id=former, successor_id=heir, succeeded_on=date(2014, 7, 1))


def test_monitoring_goes_on_where_another_took_over_and_closes_when_that_one_is_no_more_either() -> None:
    told = an_open_report().add(succeeded(VCO, "heir"), dissolved())

    assert close(told) == []
    told.add(OrganisationDissolved(organisation_id="heir", dissolved_on=date(2014, 7, 11)))
    command = closing.CloseMonitoring(actor=COMMISSIONER, now=at(date(2014, 7, 11)), organisation_id="heir")
    [closed] = told.do(closing.close, command, facts_of(told))

    assert (closed.organisation_id, closed.report_ids) == (VCO, ("pr1-1", "pr1-2"))
