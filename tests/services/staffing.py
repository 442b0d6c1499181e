"""People behind the counter for tests: users with roles of the shop."""

from models.access import Role, RoleAssignment, User
from models.base import Db
from models.member import Member
from services import Services
from services.shops import Shop
from tests.services.conftest import OWNER
from tests.services.role_making import made_role


async def role(services: Services, shop: Shop, name: str, *keys: str) -> Role:
    """A role of the shop that carries these keys."""
    return await made_role(services, shop, OWNER, name, *keys)


async def hire(services: Services, shop: Shop, who: Member, *roles: Role) -> User:
    """The user that somebody is, with these roles."""
    user = await services.users.of_member(shop, OWNER, who)
    for each in roles:
        await services.role_desk.assign(shop, OWNER, each.key, user.key)
    return user


async def held(db: Db, shop: Shop, user: User) -> set[str]:
    """The names of the roles that a user holds."""
    found = await RoleAssignment.find_all(db, {"tenantId": shop.id, "userId": user.key})
    roles = [await Role.get(db, shop.id, each.role_id) for each in found]
    return {each.name for each in roles if each is not None}
