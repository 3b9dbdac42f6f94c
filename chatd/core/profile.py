"""
What one owns: tokens, whom one ignores, the links that one gives away, and bots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatd.core.accounts import account_deed, close_tokens, end_others, hash_token, new_token
from chatd.core.commands import Done, Face
from chatd.core.events import Card, Change, iso_time
from chatd.core.names import check_nick, is_private, person_id
from chatd.core.news import Item
from chatd.core.orders import (
    BotMade,
    Ignore,
    Ignored,
    LinkMade,
    Links,
    LinksTold,
    LinkTold,
    MakeBot,
    MakeLink,
    Revoke,
    Sessions,
    SessionsTold,
    SessionTold,
    Unlink,
)
from chatd.core.refusals import Code, Refused
from chatd.core.registry import Newcomer, token_id
from chatd.core.rights import SERVER

if TYPE_CHECKING:
    from chatd.core.session import Session

INVITE_PATH = "/#/invite/"


async def sessions(session: Session, command: Sessions, _now: float) -> None:
    """
    Say by which tokens one is known.
    """
    own = session.the_person().card.id
    current = token_id(session.token_hash) if session.token_hash else ""
    told = tuple(
        SessionTold(each.id, each.label, iso_time(each.made_ms), iso_time(each.seen_ms), each.id == current)
        for each in await session.hub.store.registry.tokens(own)
    )
    session.answer(command, SessionsTold(told))


async def revoke(session: Session, command: Revoke, _now: float) -> None:
    """
    End a token of one's own, or all others, and the connections that came by it.
    """
    hub, own = session.hub, session.the_person().card.id
    if command.session == "others":
        await end_others(hub, own, session.token_hash)
        session.answer(command, Done())
        return
    if not await hub.end_tokens(hub.store.registry.end_token(own, command.session)):
        raise Refused(Code.BAD_TOKEN, "You have no such session.")
    session.answer(command, Done())
    shown = {each.token_hash for each in hub.sessions if each.token_hash is not None}
    close_tokens(hub, [each for each in shown if token_id(each) == command.session])


async def ignore(session: Session, command: Ignore, now: float) -> None:
    """
    Note whom one does not want to hear, and tell one's other connections.
    """
    hub, person = session.hub, session.the_person()
    other = await hub.somebody(command.who, now)
    if other.id == person.card.id:
        raise Refused(Code.BAD_REQUEST, "That is yourself.")
    if other.id in hub.guises or hub.traces.guise(other.id):
        raise Refused(Code.FORBIDDEN, "Whoever uses the tutorial's wire is somebody new each time.")
    await hub.store.registry.ignore(person.card.id, other.id, command.on)
    cards = await hub.store.registry.ignored(person.card.id)
    hub.news.tell(person, Ignored, Item(Ignored(tuple(map(Face.of, cards))), but=session))
    session.answer(command, Done())


async def make_link(session: Session, command: MakeLink, _now: float) -> None:
    """
    Make a link by which somebody can sign up.
    """
    hub = session.hub
    if hub.settings.sign_up == "off":
        raise Refused(Code.FORBIDDEN, "There are no accounts to be had here.")
    secret = new_token(hub.random(32))
    until_ms = hub.wall_ms() + command.seconds * 1000
    own = session.the_person().card.id
    await hub.store.registry.add_link(hash_token(secret), own, command.uses, until_ms)
    session.answer(command, LinkMade(f"{INVITE_PATH}{secret}", iso_time(until_ms)))


async def links(session: Session, command: Links, _now: float) -> None:
    """
    Say which of these links there are.
    """
    told = tuple(
        LinkTold(link.id, Face.of(link.by), link.left, iso_time(link.until_ms))
        for link in await session.hub.store.registry.links()
    )
    session.answer(command, LinksTold(told))


async def unlink(session: Session, command: Unlink, _now: float) -> None:
    """
    End such a link.
    """
    if not await session.hub.store.registry.end_link(command.id):
        raise Refused(Code.BAD_INVITE, "There is no such link.")
    session.answer(command, Done())


async def make_bot(session: Session, command: MakeBot, _now: float) -> None:
    """
    Make an account for a program.
    """
    hub, person = session.hub, session.the_person()
    card = Card(person_id(hub.random(10)), check_nick(command.name))
    keys = [session.key_of(room) for room in command.rooms]
    if any(is_private(key) for key in keys):
        raise Refused(Code.BAD_REQUEST, "A bot talks to people without being asked in.")
    token = new_token(hub.random(32))
    changes = (
        Change(SERVER, card.id, "account", "bot"),
        *(Change(key, card.id, "member", 1) for key in dict.fromkeys(keys)),
    )
    hub.names.claim(card.name, card.id)
    hub.names.reserve(card)
    try:
        deed = account_deed(card, "bot_made", "bot", changes, by=person.card)
        newcomer = Newcomer(
            card=card, new=True, password=None, token_hash=hash_token(token), label="bot", deeds=(deed,)
        )
        await hub.store.registry.enrol(newcomer)
    except BaseException:
        hub.names.unreserve(card)
        raise
    finally:
        hub.names.unclaim(card)
    session.answer(command, BotMade(Face.of(card), token))
