"""Who may open a shop in a server, or bring one there."""

from cogs._ui.desk import Visit
from models.errors import AlreadyExists, ClaimNotAllowed, NoShop


def may_claim(visit: Visit) -> bool:
    """Whether the server is theirs to open a shop in: its owner's, or whoever manages it."""
    return visit.member.owns_guild or visit.interaction.permissions.manage_guild


async def require_claim(visit: Visit) -> None:
    """Return if this person may open a shop here now; raises AlreadyExists and ClaimNotAllowed."""
    try:
        await visit.shop()
    except NoShop:
        if not may_claim(visit):
            raise ClaimNotAllowed from None
        return
    raise AlreadyExists("guild")
