"""What is done to lines: cut, delayed, narrowed, silent on one end; and to conversations with the mail server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from faults.mailing import FAULTS
from faults.proxy import Proxy
from faults.scene import Fault, Scene

SLOW = (0.02, 0.3)
NARROW = (20_000, 200_000)
WITHIN = 15.0
"""Seconds after which a bad line is good again, whatever was answered meanwhile."""


def drawn(scene: Scene) -> tuple[str, Proxy]:
    """Any line."""
    name = scene.chance.choice(sorted(scene.running.lines))
    return name, scene.running.lines[name]


async def for_a_while(scene: Scene) -> None:
    """Wait for a few answers, or for some seconds where nothing is answered any more."""
    try:
        async with asyncio.timeout(WITHIN):
            await scene.after(4, 10)
    except TimeoutError:
        return


async def cut(scene: Scene) -> None:
    """Reset every connection on some line, again and again."""
    while True:
        await scene.after(1, 3)
        name, line = drawn(scene)
        scene.done[f"{name.partition(' ')[0]} cut"] += line.cut()


async def worsened(scene: Scene, what: str, worsen: Callable[[Proxy], None]) -> None:
    """Some line is worse for a while, again and again."""
    while True:
        await scene.after(2, 5)
        name, line = drawn(scene)
        worsen(line)
        scene.done[f"{name.partition(' ')[0]} {what}"] += 1
        await for_a_while(scene)
        line.clear()


async def delay(scene: Scene) -> None:
    """Some line takes its time."""
    await worsened(scene, "delayed", lambda line: setattr(line, "delay", scene.chance.uniform(*SLOW)))


async def throttle(scene: Scene) -> None:
    """Some line is narrow."""
    await worsened(scene, "throttled", lambda line: setattr(line, "rate", scene.chance.randint(*NARROW)))


async def freeze(scene: Scene) -> None:
    """Some line carries nothing in either direction, and nothing is closed; then it carries what was held."""
    await worsened(scene, "frozen", Proxy.freeze)


async def lose_hosts(scene: Scene) -> None:
    """The host behind each kind of line is gone without a FIN: what is open is silent for good, what is new serves."""
    names = ["broker", "mail", *scene.chance.sample(sorted(set(scene.running.lines) - {"broker", "mail"}), 2)]
    for name in scene.chance.sample(names, len(names)):
        await scene.after(8, 16)
        scene.done[f"{name.partition(' ')[0]} gone"] += scene.running.lines[name].lose()


async def mail_faults(scene: Scene) -> None:
    """The mail server answers 4xx and 5xx, closes before and after it took a message, and once says nothing more."""
    silent = ["silent_after"]

    def draw() -> str:
        if silent:
            return silent.pop()
        return scene.chance.choice((*(fault for fault in FAULTS if fault != "silent_after"), "", ""))

    scene.running.mail.draw = draw
    try:
        await asyncio.Event().wait()
    finally:
        scene.done.update(scene.running.mail.done)
        scene.running.mail.draw = str


NETWORK = (
    Fault("lines-cut", "connections to database, broker and mail server reset", cut),
    Fault("lines-delayed", "those lines delayed", delay),
    Fault("lines-throttled", "those lines narrow", throttle),
    Fault("lines-frozen", "those lines silent for a while, nothing closed", freeze),
    Fault("hosts-gone", "database's, broker's and mail server's host gone without a FIN", lose_hosts, mixes=False),
    Fault("mail", "SMTP: silent after accepting, 4xx, 5xx, closed before and after", mail_faults),
)  # fmt: skip
