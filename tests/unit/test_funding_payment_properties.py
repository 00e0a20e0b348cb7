"""No sequence of steps pays twice, pays what two people did not release, or pays what is held (Compact 3.3.4)."""

from datetime import timedelta

from funding_givens import COMMISSIONER, MANAGER
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from payment_givens import (
    FINANCE,
    IN_FORCE_AT,
    MANAGERS_DELEGATE,
    SECOND_FINANCE,
    VCO,
    an_agreement_in_force,
    ask,
    confirm,
    confirm_hold,
    enter,
    lift,
    make,
    propose_hold,
    release,
    send_back,
)

from contracts.payments import (
    BankDetailsConfirmed,
    BankDetailsEntered,
    PaymentHeld,
    PaymentHoldEnded,
    PaymentMade,
    PaymentReleased,
    PaymentRequested,
    PaymentReturned,
)
from services.runtime.calendar import london_date

PEOPLE = st.sampled_from([MANAGER, COMMISSIONER, FINANCE, SECOND_FINANCE, MANAGERS_DELEGATE])
NUMBERS = st.integers(1, 2)
DETAILS = st.sampled_from(["bd1", "bd2"])
REFERENCES = st.sampled_from(["SC-1", "SC-2", "SC-3", "SC-4"])
HOLDS = st.sampled_from(["h1", "h2", "h3"])


class Paying(RuleBasedStateMachine):
    """Everybody does anything at any time; what was promised about money holds."""

    @initialize()
    def begin(self) -> None:
        self.ledger, self.now = an_agreement_in_force(per_year=1), IN_FORCE_AT

    @rule(person=st.sampled_from([VCO, FINANCE, SECOND_FINANCE]), details=DETAILS)
    def enter(self, person, details) -> None:
        enter(self.ledger, person, details, self.now)

    @rule(person=PEOPLE, details=DETAILS)
    def confirm(self, person, details) -> None:
        confirm(self.ledger, person, details, self.now)

    @rule(person=PEOPLE, number=NUMBERS)
    def ask(self, person, number) -> None:
        ask(self.ledger, person, self.now, number)

    @rule(person=PEOPLE, number=NUMBERS)
    def release(self, person, number) -> None:
        release(self.ledger, person, self.now, number)

    @rule(number=NUMBERS, reference=REFERENCES)
    def make(self, number, reference) -> None:
        make(self.ledger, FINANCE, self.now, number, reference)

    @rule(number=NUMBERS)
    def send_back(self, number) -> None:
        send_back(self.ledger, FINANCE, self.now, number)

    @rule(person=PEOPLE, number=NUMBERS, hold=HOLDS)
    def propose_hold(self, person, number, hold) -> None:
        propose_hold(self.ledger, person, self.now, number, f"{hold} of {number}")

    @rule(person=PEOPLE, number=NUMBERS, hold=HOLDS)
    def confirm_hold(self, person, number, hold) -> None:
        confirm_hold(self.ledger, person, self.now, number, f"{hold} of {number}")

    @rule(number=NUMBERS)
    def lift(self, number) -> None:
        lift(self.ledger, FINANCE, self.now, number)

    @rule(days=st.sampled_from([1, 9, 30]))
    def pass_days(self, days) -> None:
        self.now += timedelta(days=days)
        for _ in range(2):  # the end of a hold may lie long enough back for its payment to be overdue at once
            self.ledger.ring(self.now)
        assert self.ledger.due(self.now) == []

    @invariant()
    def a_payment_is_out_at_most_once(self) -> None:
        for number in (1, 2):
            self._walk(f".{number}")

    def _walk(self, ending: str) -> None:
        asked = released = made = held = None
        for fact in self.ledger.of(
            PaymentRequested, PaymentReleased, PaymentMade, PaymentReturned, PaymentHeld, PaymentHoldEnded
        ):
            if not fact.payment_id.endswith(ending):
                continue
            match fact:
                case PaymentRequested():
                    asked = fact.requested_by
                case PaymentReleased():
                    assert asked is not None
                    assert not self.ledger.place.same_person(asked, fact.released_by)
                    released = fact
                case PaymentMade():
                    assert (made, held) == (None, None)
                    assert released is not None
                    assert fact.details_id == released.details_id
                    made = fact
                case PaymentReturned():
                    assert made is not None
                    asked = released = made = None
                case PaymentHeld():
                    assert fact.proposed_by != fact.confirmed_by
                    held = fact
                case PaymentHoldEnded():
                    held = None

    @invariant()
    def nothing_is_released_to_an_account_that_one_person_vouched_for(self) -> None:
        entered: dict[str, str] = {}
        confirmed: set[str] = set()
        for fact in self.ledger.of(BankDetailsEntered, BankDetailsConfirmed, PaymentReleased):
            match fact:
                case BankDetailsEntered():
                    entered[fact.details_id] = fact.entered_by
                case BankDetailsConfirmed():
                    assert entered[fact.details_id] != fact.confirmed_by
                    confirmed.add(fact.details_id)
                case PaymentReleased():
                    assert fact.details_id in confirmed

    @invariant()
    def a_reference_stands_for_one_payment(self) -> None:
        references = [fact.ledger_reference for fact in self.ledger.of(PaymentMade)]
        assert len(set(references)) == len(references)

    @invariant()
    def a_hold_has_an_end_and_is_renewed_at_most_once(self) -> None:
        held = self.ledger.of(PaymentHeld)
        for payment in {fact.payment_id for fact in held}:
            own = [fact.renewal for fact in held if fact.payment_id == payment]
            assert own in ([False], [False, True])
        assert all(fact.ends_on is not None and fact.ends_on > london_date(IN_FORCE_AT) for fact in held)


Paying.TestCase.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
TestPaying = Paying.TestCase
