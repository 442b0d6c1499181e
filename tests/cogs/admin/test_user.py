"""/admin people user: found, given roles, made an admin; who runs the shop is the owner's say."""

import pytest

from bot.sandbox import Community, Form, Person, Seen
from bot.sandbox.guilds import Role as GuildRole
from models.access import User
from models.audit import AuditLog
from models.base import Db
from models.tenant import Tenant
from services import Services
from services.access import Permission
from services.shops import Shop
from tests.cogs.admin.conftest import Neighbour, everything
from tests.cogs.conftest import member
from tests.services.role_making import made_role

pytestmark = pytest.mark.usefixtures("bot")
P = Permission
MEMBER, GIVE, TAKE, OWNER_ID = (
    "Or choose a member",
    "Give a role",
    "Take a role",
    "Discord id of the new owner",
)


def said(seen: Seen | Form) -> str:
    """Everything that this answer shows."""
    assert isinstance(seen, Seen)
    return "\n".join(each.text for each in [seen, *seen.followups])


async def card_of(staff: Person, who: Person) -> Seen:
    """The card of a member whom staff choose."""
    return await (await staff.run("/admin people user")).choose(MEMBER, who)


async def test_a_member_is_chosen_found_again_and_given_roles(
    db: Db, services: Services, shop: Shop, olivia: Person, ada: Person
) -> None:
    """A user is made on the way; what the card offers follows what they hold."""
    await made_role(services, shop, member(olivia), "Packers", P.ORDER_VIEW)
    seen = await card_of(olivia, ada)
    assert "Roles of the shop: none" in seen.text
    seen = await seen.choose(GIVE, "Packers")
    assert "Packers" in seen.text
    assert "orders" in (await ada.run("/admin order")).text
    assert "Packers" in (await olivia.run("/admin people user")).text
    for find in ("ada", str(ada.id)):
        assert "Packers" in (await olivia.run("/admin people user", find=find)).text
    form = await (await olivia.run("/admin people user")).open("Search")
    assert "Nothing found" in (await form.submit({"Name or Discord id": "nobody here"})).text
    seen = await (await card_of(olivia, ada)).choose(TAKE, "Packers")
    assert "Roles of the shop: none" in seen.text
    assert "`order.view`" in (await ada.run("/admin order")).text
    (user,) = await User.find_all(db, {"tenantId": shop.id})
    assert len(await AuditLog.find_all(db, {"entityId": user.key, "action": "user.create"})) == 1


async def test_the_customer_and_the_accounts_are_a_click_away(
    services: Services, shop: Shop, olivia: Person, ada: Person, bob: Person
) -> None:
    """Somebody who never came has no record of a customer."""
    await services.customers.of(shop, member(ada))
    seen = await (await card_of(olivia, ada)).press("Customer")
    assert "All customers" in [button.label for button in seen.buttons]
    assert "Customer" not in [
        button.label for button in (await card_of(olivia, bob)).buttons if button.enabled
    ]


async def test_what_somebody_may_do_is_told_with_its_reasons(
    services: Services,
    shop: Shop,
    guild: Community,
    olivia: Person,
    sam: Person,
    ada: Person,
    staff_role: GuildRole,
) -> None:
    """For the owner, staff, holders of a role, customers, and those who left."""
    await made_role(services, shop, member(olivia), "Packers", P.CONFIG_MANAGE)
    seen = await (await card_of(olivia, sam)).choose(GIVE, "Packers")
    seen = await seen.press("What may they do?")
    assert "✅ Look at orders: staff role" in seen.text
    assert staff_role.name in seen.text
    assert "✅ Change settings: role “Packers” of the shop" in seen.text
    assert "❌ Run the set-up" in seen.text
    assert "Missing" in seen.text
    seen = await (await card_of(olivia, olivia)).press("What may they do?")
    assert "❌" not in seen.text
    assert "owns the server" in seen.text
    assert "owns the shop" in seen.text
    seen = await card_of(olivia, ada)
    guild.leave(ada)
    assert "not in this server" in (await seen.press("What may they do?")).text


async def test_only_the_owner_makes_admins(
    db: Db, services: Services, shop: Shop, olivia: Person, ada: Person, bob: Person
) -> None:
    """An admin may do all else; the owner's own card offers no way to lose the shop."""
    seen = await (await card_of(olivia, ada)).press("Make an admin")
    assert "Is an admin" in seen.text
    assert "Choose a part" in (await ada.run("/admin config")).text
    refused = await (await card_of(ada, bob)).press("Make an admin")
    assert "Only the shop's owner" in said(refused)
    assert "Only the shop's owner" in said(await (await card_of(ada, ada)).press("Take the admin away"))
    own = await card_of(olivia, olivia)
    assert "Owns this shop" in own.text
    user = await services.users.of_member(shop, member(olivia), member(olivia))
    forged = await olivia.click(own, custom_id=f"user:unadmin:{user.key}", forged=True)
    assert "stays in charge" in said(forged)
    seen = await (await card_of(olivia, ada)).press("Take the admin away")
    assert "Is an admin" not in seen.text
    assert "config.manage" in (await ada.run("/admin config")).text
    assert len(await AuditLog.find_all(db, {"action": {"$in": ["admin.make", "admin.unmake"]}})) == 2


async def test_the_shop_is_handed_over_by_typing_whom(
    db: Db, shop: Shop, olivia: Person, ada: Person, bob: Person
) -> None:
    """Chosen, asked about, typed; a wrong id and an admin's click change nothing."""
    seen = await (await olivia.run("/admin people user")).press("Who runs the shop")
    seen = await seen.choose("Make a member an admin", bob)
    assert "@Bob" in seen.text
    theirs = await (await bob.run("/admin people user")).press("Who runs the shop")
    assert "Only the shop's owner" in said(await theirs.choose("Hand the shop over to", bob))
    forged = await bob.click(theirs, custom_id=f"owner:give:{bob.id}", forged=True)
    assert isinstance(forged, Form)
    assert "Only the shop's owner" in (await forged.submit({OWNER_ID: str(bob.id)})).text
    seen = await seen.choose("Hand the shop over to", ada)
    assert "will own the shop" in seen.text
    wrong = await (await seen.open("Hand it over")).submit({OWNER_ID: str(bob.id)})
    assert "nothing was changed" in said(wrong)
    done = await (await seen.open("Hand it over")).submit({OWNER_ID: str(ada.id)})
    assert "Owner: @Ada" in done.text
    tenant = await Tenant.find_one(db, {"tenantId": shop.id})
    assert tenant is not None
    assert (tenant.owner_user_id, tenant.admin_user_ids) == (str(ada.id), [str(bob.id), str(olivia.id)])
    seen = await (await ada.run("/admin people user")).press("Who runs the shop")
    seen = await seen.choose("Take the admin away from", str(bob.id))
    assert "@Bob" not in seen.text


async def test_bots_strangers_and_neighbours_get_nowhere(
    db: Db,
    services: Services,
    shop: Shop,
    guild: Community,
    olivia: Person,
    sam: Person,
    ada: Person,
    neighbour: Neighbour,
) -> None:
    """Staff lack the key; another shop's users and roles are unknown here."""
    for person in (sam, ada):
        assert "`user.manage`" in (await person.run("/admin people user")).text
    boris = member(neighbour.guild.owner)
    theirs = await services.users.of_member(neighbour.shop, boris, boris)
    strange = await made_role(services, neighbour.shop, boris, "Theirs", P.ORDER_VIEW)
    mine = await made_role(services, shop, member(olivia), "Mine", P.ORDER_VIEW)
    seen = await card_of(olivia, ada)
    before = await everything(db)
    for verb in ("open", "admin", "unadmin", "may"):
        answer = await olivia.click(seen, custom_id=f"user:{verb}:{theirs.key}", forged=True)
        assert "cannot find that user" in said(answer), verb
    assert "cannot find that role" in said(await olivia.choose(seen, GIVE, strange.key, forged=True))
    assert mine.key != strange.key
    assert await everything(db) == before
    assert (
        "Nothing found" in (await olivia.run("/admin people user", find=str(neighbour.guild.owner.id))).text
    )
    assert guild.id != neighbour.guild.id


async def test_the_longest_of_everything_fits(
    services: Services, shop: Shop, olivia: Person, guild: Community
) -> None:
    """Names of markup, many roles of the longest names: within Discord's limits, and nobody is pinged."""
    person = guild.add_member("x" * 32, display_name="*" * 32)
    owner = member(olivia)
    user = await services.users.of_member(shop, owner, member(person))
    for n in range(25):
        made = await made_role(
            services, shop, owner, f"{n:02}" + "@everyone **[x](https://e.example)" * 2, *P
        )
        if n < 24:
            await services.role_desk.assign(shop, owner, made.key, user.key)
    seen = await olivia.run("/admin people user", find=str(person.id))
    assert seen.pings == []
    assert "\\[x\\](https" in seen.text
    rights = await seen.press("What may they do?")
    assert rights.pings == []
    assert "…" in rights.text
    assert (await olivia.run("/admin people user")).pings == []
