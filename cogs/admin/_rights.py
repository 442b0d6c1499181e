"""Whom staff mean, and what that person may do, looked up in the server and in the shop's records."""

from cogs._ui.desk import Visit
from cogs._ui.person import fetched_member, picked_members
from cogs._ui.refusals import GuildLeft
from cogs._ui.target import Target
from cogs.admin._rights_card import rights_card
from models.errors import NotFound
from models.member import Member


async def show_rights(visit: Visit, discord_id: str, back: Target, member: Member | None = None) -> None:
    """Show each permission of somebody with its reason; raises NotFound for what is no account."""
    if not (discord_id.isascii() and discord_id.isdigit()):
        raise NotFound("member")
    here = True
    if member is None:
        try:
            member = await fetched_member(visit.bot, visit.guild_id, discord_id)
        except GuildLeft:
            member, here = Member(discord_id, "", ""), False
    held = await visit.services.access.held(await visit.shop(), member)
    await visit.show(rights_card(discord_id, held, back, visit.words, here=here))


def picked(visit: Visit) -> Member:
    """Who was picked in Discord's menu of people; raises NotFound for bots and strangers."""
    members = picked_members(visit.interaction)
    if not members:
        raise NotFound("member")
    return members[0]
