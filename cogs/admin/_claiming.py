"""Who may open a shop in a server, or bring one there."""

from cogs._ui.desk import Visit
from models.errors import AlreadyExists, BotNotHere, ClaimNotAllowed, NoShop


def may_claim(visit: Visit) -> bool:
    """Whether the server is theirs to open a shop in: its owner's, or whoever manages it."""
    return visit.member.owns_guild or visit.interaction.permissions.manage_guild


async def require_claim(visit: Visit) -> None:
    """Return if this person may open a shop here; raises AlreadyExists, ClaimNotAllowed, BotNotHere."""
    try:
        await visit.shop()
    except NoShop:
        if not may_claim(visit):
            raise ClaimNotAllowed from None
        require_bot(visit)
        return
    raise AlreadyExists("guild")


def require_bot(visit: Visit) -> None:
    """Return if the bot is a member of this server; raises BotNotHere where only its commands are."""
    if visit.bot.get_guild(int(visit.guild_id)) is None:
        raise BotNotHere
