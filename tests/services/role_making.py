"""Roles of the shop for tests."""

from models.access import Role
from models.member import Member
from services import Services
from services.role_desk import stamp
from services.shops import Shop


async def made_role(services: Services, shop: Shop, owner: Member, name: str, *keys: str) -> Role:
    """A role that carries these keys."""
    role = await services.role_desk.create(shop, owner, name)
    if not keys:
        return role
    shown = (await services.role_desk.view(shop, role.key)).role
    return await services.role_desk.set_keys(
        shop, owner, role.key, offered=keys, chosen=keys, seen=stamp(shown)
    )
