"""Commands about incumbents and the end of terms to decisions."""

from __future__ import annotations

from services.funding import incumbents, terms_ending
from services.runtime.unit import Outcome, Unit


async def propose_for_incumbent(unit: Unit, command: incumbents.ProposeForIncumbent) -> Outcome:
    """Propose the change that follows from a lost round (SPP9)."""
    return await unit.decide(incumbents.facts_of_losing(command), incumbents.propose, command)


async def schedule_term_question(unit: Unit, command: terms_ending.ScheduleTermQuestion) -> Outcome:
    """Work out when the funder is asked (SPP9)."""
    return await unit.decide(terms_ending.facts_of(command), terms_ending.schedule, command)


async def ask_term_end(unit: Unit, command: terms_ending.AskTermEnd) -> Outcome:
    """Ask the funder what follows the end of a term (SPP9)."""
    return await unit.decide(terms_ending.facts_of(command), terms_ending.ask, command)


async def answer_term_end(unit: Unit, command: terms_ending.AnswerTermEnd) -> Outcome:
    """Take the funder's choice (SPP9)."""
    return await unit.decide(terms_ending.facts_of(command), terms_ending.answer, command)


async def propose_end(unit: Unit, command: terms_ending.ProposeEnd) -> Outcome:
    """Propose the change that ending a term is (SPP9)."""
    return await unit.decide(terms_ending.facts_of(command), terms_ending.propose_end, command)
