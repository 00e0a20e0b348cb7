"""Act 4: everybody is told in writing; each notice is served on a day that can be proved, or goes another way."""

from __future__ import annotations

import hashlib
import mailbox
from datetime import date
from email.message import Message
from typing import Any

from compact.journey import panel
from compact.journey.bids import at
from compact.journey.decisions import reasons
from compact.journey.people import ADVICE, BEFRIENDING, CARERS, NEIGHBOURS, OFFICE, OFFICE_2, TRANSPORT, VOLUNTEERS, Vco
from compact.journey.playing import Play

TITLE = "4. Everybody is told in writing"
SERVICE = "Sutton service of notices"


def mails(play: Play, vco: Vco) -> list[Message]:
    """The messages that an organisation got, oldest first; none where the mail server is somebody else's."""
    if play.system.returns is None:
        return []
    domain = vco.emails[0].rpartition("@")[2]
    found = mailbox.Maildir(play.system.returns.parent / domain, create=False)
    return [found[key] for key in sorted(found.keys())]


def words_of(message: Message) -> str:
    """The text of a message."""
    content = message.get_payload(decode=True)
    return content.decode() if isinstance(content, bytes) else ""


async def notice_of(play: Play, vco: Vco, template: str) -> dict[str, Any]:
    """The notice that an organisation got by this template, with its trail."""
    who = play.of(vco)
    (found,) = [each for each in await play.listed(who, "notifications", "/notices") if each["template"] == template]
    trail: dict[str, Any] = await play.reads(who, "notifications", f"/notices/{found['notice_id']}")
    return trail


async def look_at_copies(play: Play) -> None:
    """An attempt of which nobody knows whether it went out is sent again, marked as a copy."""
    notice = await notice_of(play, CARERS, "bid_document_requested")
    states = [attempt["state"] for attempt in notice["attempts"]]
    play.telling.does(f"The mail server broke off while it took notice {notice['notice_number']} for {CARERS.name}.",
                      play.now)  # fmt: skip
    others = {*states} - {"put_off"}  # a server that was away for a moment took nothing
    told = states.count("stood") == 1 and others == {"stood", "uncertain"}
    play.expect(told, "That attempt is recorded as uncertain, the next one stood.", notice["attempts"])
    if play.system.returns is not None:
        found = [words_of(mail) for mail in mails(play, CARERS) if mail["Notice-Number"] == notice["notice_number"]]
        copies = [f"Copy of notice {notice['notice_number']}" in words for words in found]
        play.expect(
            copies.count(False) == 1 and any(copies), "Two messages arrived; the second says that it is a copy."
        )


async def look_at_mail(play: Play) -> None:
    """The results went out by e-mail, with a fixed Message-ID and the number of the notice."""
    notice = await notice_of(play, ADVICE, "award")
    numbers = {attempt["message_id"] for attempt in notice["attempts"]}
    play.telling.does(f"{ADVICE.name} looks into its mail.", play.now)
    caught = [mail for mail in mails(play, ADVICE) if mail["Message-ID"] in numbers]
    if play.system.returns is not None:
        named = all(notice["notice_number"] in words_of(mail) for mail in caught)
        play.expect(len(caught) == 2 and named, f"Notice {notice['notice_number']} reached both of its addresses.")
    failed = await notice_of(play, BEFRIENDING, "bid_declined")
    trail = sorted((attempt["channel"], attempt["state"]) for attempt in failed["attempts"])
    play.expect(trail == [("email", "failed"), ("letter", "ready")],
                f"The e-mail to {BEFRIENDING.name} bounced; a letter lies ready.", failed)  # fmt: skip


async def acknowledge(play: Play) -> None:
    """Whoever acknowledges a notice is served at once."""
    notice = await notice_of(play, ADVICE, "award")
    path = f"/notices/{notice['notice_id']}/acknowledge"
    found = await play.does(play.of(ADVICE), "acknowledges the notice of its award", "notifications", path, {},
                            writes=("NoticeAcknowledged", "NoticeServed"))  # fmt: skip
    play.expect(found["served_on"] == "2014-04-01", "It counts as served on 1 April 2014, by acknowledgement.")
    await play.hidden(play.of(TRANSPORT), "that notice", "notifications", f"/notices/{notice['notice_id']}")


async def post_letters(play: Play) -> None:
    """A letter is posted by one person and confirmed by another."""
    waiting = await play.listed(OFFICE, "notifications", "/letters/waiting")
    names = {play.of(vco).organisation: vco.name for vco in (NEIGHBOURS, BEFRIENDING)}
    for number, letter in enumerate(waiting, 1):
        await post_letter(play, names[letter["organisation_id"]], letter, f"CP-20140401-{number}")
    path, attempt = f"/notices/{letter['notice_id']}/confirm", {"attempt_id": letter["attempt_id"]}
    await play.refused(OFFICE, "confirming what it posted itself", "notifications", path, attempt, code="same_person",
                       cites=SERVICE)  # fmt: skip
    play.telling.does(f"{OFFICE_2.words} confirms {len(waiting)} postings.", play.now)
    for each in waiting:
        form = {"attempt_id": each["attempt_id"]}
        found = await play.quietly(OFFICE_2, "notifications", f"/notices/{each['notice_id']}/confirm", form)
    await play.settled(notifications=("LetterConfirmed",) * len(waiting))
    play.expect(found["serves_on"] == "2014-04-03", "Posted on 1 April, they count on the second working day, 3 April.")


async def post_letter(play: Play, name: str, letter: dict[str, Any], certificate: str) -> None:
    """One letter: printed and posted."""
    notice = f"/notices/{letter['notice_id']}"
    pdf = await play.reads(OFFICE, "notifications", f"{notice}/letter")
    posted = {"attempt_id": letter["attempt_id"], "posted_on": "2014-04-01", "certificate": certificate}
    what = f"prints a letter to {name} and posts it"
    await play.does(OFFICE, what, "notifications", f"{notice}/posted", posted, writes=("LetterPosted",))
    accessible = pdf.startswith(b"%PDF-") and b"pdfuaid" in pdf
    play.expect(accessible, f"The letter is an accessible PDF of {len(pdf):,} bytes.")


async def be_served(play: Play) -> None:
    """The dates of service come, each in London, each with its proof."""
    await play.wait_until(at(2014, 4, 3, 9), notifications=("NoticeServed",) * 6)
    expected = {
        (ADVICE, "award"): ("2014-04-01", "acknowledged"), (CARERS, "award"): ("2014-04-02", "emailed_not_bounced"),
        (VOLUNTEERS, "award"): ("2014-04-02", "emailed_not_bounced"),
        (TRANSPORT, "bid_declined"): ("2014-04-02", "emailed_not_bounced"),
        (NEIGHBOURS, "bid_declined"): ("2014-04-03", "posted"),
        (BEFRIENDING, "bid_declined"): ("2014-04-03", "posted"),
    }  # fmt: skip
    for (vco, template), (served_on, proof) in expected.items():
        notice = await notice_of(play, vco, template)
        served = (notice["served_on"], notice["proved_by"]) == (served_on, proof)
        day = f"{date.fromisoformat(served_on):%-d %B}"
        play.expect(served, f"{notice['notice_number']} to {vco.name}: served on {day}, {proof.replace('_', ' ')}.")
    await look_at_proof(play)


async def look_at_proof(play: Play) -> None:
    """The kept copy of what was sent has the hash that the proof of service names."""
    notice, who = await notice_of(play, TRANSPORT, "bid_declined"), play.of(TRANSPORT)
    path = f"/notices/{notice['notice_id']}/attempts/{notice['attempts'][0]['attempt_id']}/content"
    words = await play.reads(who, "notifications", path)
    same = hashlib.sha256(words).hexdigest() == notice["content_hash"]
    play.expect(same, f"What was served can be read again, and has the hash {notice['content_hash'][:16]}…")
    given = all(reason in words.decode() for reason in reasons(TRANSPORT.name).values())
    play.expect(given, "It gives the reason under every criterion, unaltered.")


STEPS = (look_at_copies, look_at_mail, acknowledge, post_letters, be_served, panel.be_reviewed)
