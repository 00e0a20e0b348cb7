"""Guarantee: nothing leaves before its attempt is recorded, and a second copy leaves only after an uncertain attempt.

The sender takes what is due from a read table. It opens the connection, holds the lease of that notice and address,
renders, records the attempt, sends, and records what became of it. Where it died in between, the lease runs out, the
attempt is recorded as uncertain, and a copy marked as one goes out. A mail server that is down leaves no attempts.
"""

from __future__ import annotations

import hashlib
import uuid

import structlog
from jinja2 import TemplateError
from typst import TypstError

from contracts.notifications import Channel
from services.notifications import address_book, attempts, handlers
from services.notifications.composing import Due, Missing, compose
from services.notifications.contacts import LOST, WithdrawContact
from services.notifications.leases import Lease, held, in_hand
from services.notifications.posting import Ending, Post, PutOff, Refused, Taken, Unreachable
from services.notifications.rendering import email, letter
from services.notifications.returns import mail_waits, may_act
from services.runtime.calendar import london_date
from services.runtime.documents import DocumentRefused
from services.runtime.follower import pause
from services.runtime.reactions import RETRY, Act
from services.runtime.running import Running
from services.runtime.unit import Outcome

log = structlog.get_logger()
DUE = (
    "select d.notice_id, d.address_id, d.organisation_id, c.channel, c.office, n.notice_number, n.template,"
    " n.because_of, count(a) as tries, count(a) filter (where a.state = 'put_off') as put_offs,"
    " coalesce(bool_or(a.state = 'uncertain'), false) as copy, o.name as organisation from due_attempts d"
    " join contacts c on c.address_id = d.address_id join notices n on n.notice_id = d.notice_id"
    " left join organisations o on o.organisation_id = d.organisation_id"
    " left join attempts a on a.notice_id = d.notice_id and a.address_id = d.address_id"
    " where not c.withdrawn and c.channel = $1 and d.notice_id || ' ' || d.address_id <> all($2)"
    " group by d.notice_id, d.address_id, d.organisation_id, c.channel, c.office, n.notice_number, n.template,"
    " n.because_of, n.requested_at, o.name order by n.requested_at, d.notice_id, d.address_id limit 50"
)
OPEN = (
    "select attempt_id, notice_id, organisation_id, address_id from attempts where state = 'open' and channel = 'email'"
)
LOOK_EVERY, LOOK_AGAIN = 0.2, 1.0
LONGEST_PAUSE = 1800.0
LONGEST_AWAY = 30.0
UNRENDERABLE = (TemplateError, TypstError, DocumentRefused, UnicodeDecodeError)


class Sender:
    """One process's part in sending what is due."""

    def __init__(self, running: Running) -> None:
        self.running, self.post = running, Post(running.settings)
        self.holder = uuid.uuid4().hex
        self.away = 0.0

    async def round(self) -> bool:
        """Settle what a dead sender left, then send what is due; whether anything was done."""
        settled = await self._settle_abandoned()
        letters = [await self._take(due) for due in await self._due(Channel.LETTER)]
        return any([settled, *letters, await self._emails()])

    async def _emails(self) -> bool:
        done = False
        for due in await self._due(Channel.EMAIL):
            if self.running.stopping.is_set():
                break
            await self.post.ready()
            self.away = 0.0
            done = await self._take(due) or done
        return done

    async def _due(self, channel: Channel) -> list[Due]:
        rows = await self.running.rows(DUE, channel.value, await in_hand(self.running.pool))
        return [Due(**row) for row in rows]

    async def _settle_abandoned(self) -> bool:
        # Danger: the leases are read after the attempts. Before them, one just taken would look abandoned.
        rows = await self.running.rows(OPEN)
        hands = await in_hand(self.running.pool) if rows else []
        rows = [row for row in rows if f"{row['notice_id']} {row['address_id']}" not in hands]
        for row in rows:
            act = self.running.act(f"uncertain {row['attempt_id']}")
            command = attempts.RecordUncertain(
                actor=act.actor,
                now=act.now,
                notice_id=row["notice_id"],
                organisation_id=row["organisation_id"],
                attempt_id=row["attempt_id"],
                reason="sender_died",
            )
            outcome = await handlers.record_uncertain(self.running.unit(act), command)
            await self._reached(outcome)
        return bool(rows)

    async def _take(self, due: Due) -> bool:
        async with held(self.running.pool, (due.notice_id, due.address_id), self.holder) as lease:
            if lease is None:
                return False
            try:
                await self._attempt(due, lease)
            except Missing as missing:
                log.info("notice_waited", notice_id=due.notice_id, missing=str(missing))
                lease.then = LOOK_AGAIN
            except UNRENDERABLE as error:
                log.error("notice_not_rendered", notice_id=due.notice_id, reason=type(error).__name__)
                await self._give_to_a_person(due)
        return True

    async def _attempt(self, due: Due, lease: Lease) -> None:
        to = await address_book.address_of(self.running.pool, due.address_id)
        if to is None:
            await self._withdraw_lost(due)
            return
        act = self.running.act(f"attempt {due.notice_id} {due.address_id} {due.tries}")
        attempt_id, heading = act.new_id("attempt"), due.heading(london_date(act.now))
        notice = await compose(self.running, due, heading)
        content = letter(notice, heading) if due.channel == Channel.LETTER else notice.text.encode()
        if not await self._recorded(due, act, attempt_id, content) or due.channel == Channel.LETTER:
            return
        message = email(
            notice,
            number=due.notice_number,
            message_id=self._message_id(attempt_id),
            to=to,
            sender=self.running.settings.return_path,
            sent_at=act.now,
        )
        ending = await self.post.send(self._return_path(attempt_id), to, message)
        await self._record(due, attempt_id, ending, lease)

    async def _recorded(self, due: Due, act: Act, attempt_id: str, content: bytes) -> bool:
        """Keep what is about to be sent and record the attempt; False where it is not ours to make."""
        digest = hashlib.sha256(content).hexdigest()
        media_type = "application/pdf" if due.channel == Channel.LETTER else "text/plain; charset=utf-8"
        # The id names the content too: rendered again on another day, a notice left unrecorded reads differently.
        document = await self.running.documents.put(f"{attempt_id}-{digest[:16]}", media_type, content)
        command = attempts.AttemptNotice(
            **attempts.about(act.actor, act.now, due.notice_id, due.organisation_id, attempt_id),
            address_id=due.address_id,
            channel=Channel(due.channel),
            message_id=self._message_id(attempt_id),
            content_hash=digest,
            copy_of_earlier=due.copy,
            document=document,
        )
        outcome = await handlers.attempt(self.running.unit(act), command)
        await self._reached(outcome)
        return bool(outcome.events) and outcome.rejection is None

    async def _record(self, due: Due, attempt_id: str, ending: Ending, lease: Lease) -> None:
        act = self.running.act(f"ending {attempt_id}")
        about = attempts.about(act.actor, act.now, due.notice_id, due.organisation_id, attempt_id)
        unit = self.running.unit(act)
        match ending:
            case Taken():
                outcome = await handlers.record_sent(unit, attempts.RecordSent(**about))
            case Refused(reason):
                outcome = await handlers.record_failure(
                    unit, attempts.RecordFailure(**about, reason=reason, bounced=False)
                )
            case PutOff(reason):
                outcome = await handlers.record_put_off(unit, attempts.RecordPutOff(**about, reason=reason))
                lease.then = min(2.0 ** (due.put_offs + 1), LONGEST_PAUSE)
            case _:
                outcome = await handlers.record_uncertain(unit, attempts.RecordUncertain(**about, reason=ending.reason))
                lease.then = min(2.0 ** (due.tries + 1), LONGEST_PAUSE)
        log.info("attempt_ended", notice_id=due.notice_id, attempt_id=attempt_id, ending=type(ending).__name__)
        await self._reached(outcome)

    async def _withdraw_lost(self, due: Due) -> None:
        act = self.running.act(f"lost {due.address_id}")
        command = WithdrawContact(
            actor=act.actor,
            now=act.now,
            address_id=due.address_id,
            organisation_id=due.organisation_id,
            reason=LOST,
        )
        await self._reached(await handlers.withdraw_contact(self.running.unit(act), command))

    async def _give_to_a_person(self, due: Due) -> None:
        act = self.running.act(f"unrenderable {due.notice_id}")
        command = attempts.GiveToPerson(
            actor=act.actor, now=act.now, notice_id=due.notice_id, organisation_id=due.organisation_id
        )
        await self._reached(await handlers.give_to_person(self.running.unit(act), command))

    async def _reached(self, outcome: Outcome) -> None:
        """Wait until the read tables show it, so that the next round does not look at the same again."""
        if outcome.position is not None:
            await self.running.reads.reached(outcome.position)

    @property
    def _domain(self) -> str:
        return self.running.settings.return_path.rpartition("@")[2]

    def _message_id(self, attempt_id: str) -> str:
        return f"<{attempt_id}@{self._domain}>"

    def _return_path(self, attempt_id: str) -> str:
        local = self.running.settings.return_path.rpartition("@")[0]
        return f"{local}+{attempt_id}@{self._domain}"


async def run(running: Running) -> None:
    """Send what is due until the process stops."""
    sender = Sender(running)
    while not running.stopping.is_set():
        if not may_act(running):
            await pause(running.stopping, LOOK_EVERY)
            continue
        wait = LOOK_EVERY
        try:
            wait = 0.0 if await sender.round() else LOOK_EVERY
        except Unreachable as error:
            sender.away = wait = min(max(sender.away * 2, 0.5), LONGEST_AWAY)
            log.warning("mail_server_unreachable", reason=str(error))
        except RETRY as error:
            log.warning("sending_interrupted", reason=type(error).__name__)
            wait = LOOK_AGAIN
        except Exception as error:
            # What failed keeps its lease until that runs out, so the others come first meanwhile.
            log.error("sending_failed", reason=type(error).__name__, exc_info=True)
            wait = LOOK_AGAIN
        if wait:
            await sender.post.close()
        await pause(running.stopping, wait)
    await sender.post.close()


async def quiet(running: Running) -> bool:
    """Whether no attempt is due or under way, nobody's address is left to erase, and no returned mail waits."""
    busy = await running.rows(
        "select 1 where exists (select from due_attempts) or exists"
        " (select from attempts where state = 'open' and channel = 'email')"
    )
    return not busy and not await address_book.unerased(running) and not await mail_waits(running)
