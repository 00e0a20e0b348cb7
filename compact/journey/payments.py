"""Part of act 5: payments are due on working days, released by two people, and late against one side only."""

from __future__ import annotations

from typing import Any

from compact.journey.bids import PROGRAMME, at
from compact.journey.people import (
    ADVICE,
    CARERS,
    COMMISSIONER,
    DECIDER,
    FINANCE,
    FINANCE_2,
    MANAGER,
    POLICE_OFFICER,
    TRANSPORT,
    VOLUNTEERS,
    Person,
    Vco,
)
from compact.journey.playing import Play

COMPACT, AGREEMENT = "Sutton Compact", f"Agreement {PROGRAMME}"
ACCOUNT = {"sort_code": "00-00-00", "account_number": "00000000"}
CONTRACT = {"title": "Welcome desk at the civic centre", "amounts": [{"year": "2014/15", "pounds": 18_000}],
            "starts_on": "2014-06-01", "ends_on": "2015-05-31"}  # fmt: skip


def payment(play: Play, vco: Vco, number: int = 1) -> str:
    """Where a step with a payment goes."""
    return f"/payments/{play.id(f'agreement {vco.key}')}.{number}"


async def shown(play: Play, vco: Vco, number: int = 1) -> dict[str, Any]:
    """A payment as its organisation reads it."""
    path = f"/agreements/{play.id(f'agreement {vco.key}')}/payments"
    return (await play.listed(play.of(vco), "funding", path))[number - 1]


async def enter_account(play: Play, vco: Vco, by: Person) -> str:
    """Bank details of an organisation are entered; where they can be confirmed."""
    organisation = play.of(vco).organisation
    form = {"organisation_id": organisation, "account_name": vco.name, **ACCOUNT}
    found = await play.does(by, f"enters the bank details of {vco.name}", "funding", "/bank-details", form,
                            writes=("BankDetailsEntered",))  # fmt: skip
    return f"/organisations/{organisation}/bank-details/{found['details_id']}/confirm"


async def confirm_accounts(play: Play) -> None:
    """Where somebody is paid is entered by one person and confirmed by a second."""
    confirm = await enter_account(play, ADVICE, play.of(ADVICE))
    await play.does(FINANCE, "confirms them", "funding", confirm, writes=("BankDetailsConfirmed",))
    confirm = await enter_account(play, CARERS, FINANCE)
    await play.refused(FINANCE, "confirming what it entered itself", "funding", confirm, code="same_person",
                       cites="Register of bank details confirmed by a second person")  # fmt: skip
    await play.does(FINANCE_2, "confirms them", "funding", confirm, writes=("BankDetailsConfirmed",))
    details = f"/bank-details/{confirm.split('/')[-2]}"
    await play.hidden(play.of(TRANSPORT), "another's bank details", "funding", details)


async def pay(play: Play, vco: Vco, reference: str, number: int = 1) -> None:
    """A payment that three persons bring about, told of as one step."""
    path = payment(play, vco, number)
    play.telling.does(f"Payment {number} of {vco.name} is asked for, released and made.", play.now)
    for who, what, form in (
        (MANAGER, "request", None), (DECIDER, "release", None), (FINANCE, "made", {"ledger_reference": reference})
    ):  # fmt: skip
        await play.quietly(who, "funding", f"{path}/{what}", form)


async def pay_first(play: Play) -> None:
    """One person asks for a payment, another releases it within a limit, finance makes it under its own reference."""
    first = await shown(play, ADVICE)
    due = (first["due_on"], first["pounds"]) == ("2014-04-17", 75_000)
    play.expect(due, "The first payment of £75,000 is due on 17 April 2014, before the Easter holidays.", first)
    path = payment(play, ADVICE)
    await play.refused(DECIDER, "releasing what nobody asked for", "funding", f"{path}/release",
                       code="payment_not_requested", cites=f"{AGREEMENT} payments by two people")  # fmt: skip
    await play.does(MANAGER, "asks for it", "funding", f"{path}/request", writes=("PaymentRequested",))
    await play.refused(FINANCE, "releasing it", "funding", f"{path}/release", code="over_limit",
                       cites="Sutton Council financial regulations 3 limit")  # fmt: skip
    await play.does(DECIDER, "releases it", "funding", f"{path}/release", writes=("PaymentReleased",))
    made = {"ledger_reference": "SC-2014-000101"}
    await play.does(FINANCE, "pays it", "funding", f"{path}/made", made, writes=("PaymentMade",))
    await play.refused(FINANCE, "paying it again", "funding", f"{path}/made", {"ledger_reference": "SC-2014-000102"},
                       code="already_paid", cites=f"{AGREEMENT} payments")  # fmt: skip
    await pay(play, CARERS, "SC-2014-000103")
    await play.settled(notifications=("NoticeRequested",) * 2)


async def wait_for_account(play: Play) -> None:
    """A payment that waits for the organisation is late against it."""
    await play.wait_until(at(2014, 4, 22), funding=("PaymentOverdue",), notifications=("NoticeRequested",))
    late = await shown(play, VOLUNTEERS)
    waited = (late["overdue"], late["waited_for"]) == (True, "organisation")
    play.expect(waited, f"The payment of {VOLUNTEERS.name} is late; its own bank details are waited for.", late)


async def account_comes(play: Play) -> None:
    """Once the details come it has a new date, and is paid by then."""
    confirm = await enter_account(play, VOLUNTEERS, play.of(VOLUNTEERS))
    await play.settled(funding=("PaymentDueAgain",))
    again = await shown(play, VOLUNTEERS)
    play.expect(again["due_on"] == "2014-05-07", "Now it is due on 7 May 2014, and the council is waited for.", again)
    await play.does(FINANCE, "confirms them", "funding", confirm, writes=("BankDetailsConfirmed",))
    await pay(play, VOLUNTEERS, "SC-2014-000104")
    await play.settled(funding=("PaymentMade",))
    play.expect(not (await shown(play, VOLUNTEERS))["late"], "It was paid in time.")


async def hold(play: Play) -> None:
    """A payment is held on a listed ground, by two people, told in writing, until a day."""
    await play.wait_until(at(2014, 9, 22, 11))
    path, form = payment(play, ADVICE, 2), {"reasons": "The yearly statement of the shared office was not shown."}
    await play.refused(MANAGER, "holding a payment because money is short", "funding", f"{path}/holds",
                       {**form, "ground": "funders_budget"}, code="hold_ground_not_listed",
                       cites=f"{COMPACT} 3.3.4")  # fmt: skip
    found = await play.does(MANAGER, f"proposes to hold a payment of {ADVICE.name}", "funding", f"{path}/holds",
                            {**form, "ground": "agreement_breached"}, writes=("PaymentHoldProposed",))  # fmt: skip
    confirm = f"{path}/holds/{found['hold_id']}/confirm"
    await play.refused(MANAGER, "confirming it alone", "funding", confirm, code="same_person",
                       cites=f"{AGREEMENT} payments by two people")  # fmt: skip
    held = await play.does(COMMISSIONER, "confirms the hold", "funding", confirm, writes=("PaymentHeld",))
    play.expect(held["ends_on"] == "2014-10-20", "It ends by itself after 20 working days, on 20 October 2014.", held)
    await play.settled(notifications=("NoticeRequested", "NoticeSent"))
    words = await play.reads(play.of(ADVICE), "funding", f"/holds/{found['hold_id']}/reasons")
    play.expect(words.decode() == form["reasons"], f"{ADVICE.name} was told in writing and reads the reasons.")
    await pay(play, VOLUNTEERS, "SC-2014-000201", 2)


async def end_hold(play: Play) -> None:
    """When the hold ends the payment is due; the council lets the day pass, and the lateness is its own."""
    await play.wait_until(at(2014, 10, 20, 9), funding=("PaymentHoldEnded",))
    play.telling.does("Nobody of the council pays.", play.now)
    await play.wait_until(at(2014, 10, 21, 9), funding=("PaymentOverdue",))
    late = await shown(play, ADVICE, 2)
    mine = (late["waited_for"], late["because"]) == ("funder", "not_paid")
    play.expect(mine, "The payment is late, and the lateness is the council's.", late)
    await pay(play, ADVICE, "SC-2014-000202", 2)
    await play.settled(funding=("PaymentMade",), notifications=("NoticeRequested",))


async def show_funding(play: Play) -> None:
    """Agreements and contracts for additional services stand side by side, with what was paid."""
    organisation = play.of(ADVICE).organisation
    await play.does(COMMISSIONER, f"records a contract of {ADVICE.name} for additional services", "funding",
                    "/contracts", {**CONTRACT, "organisation_id": organisation},
                    writes=("AdditionalContractRecorded",))  # fmt: skip
    found = await play.reads(POLICE_OFFICER, "funding", f"/funding/{organisation}")
    sums = (found["agreed_pounds"], found["contracted_pounds"], found["agreements"][0]["paid_pounds"])
    beside = sums == (450_000, 18_000, 150_000)
    play.expect(
        beside, "The police read side by side: £450,000 agreed, £150,000 of it paid, £18,000 contracted.", found
    )


FIRST = (confirm_accounts, pay_first, wait_for_account, account_comes)
LATER = (hold, end_hold, show_funding)
