"""/admin people identity: accounts are linked and unlinked by clicks, a secret never shown."""

import pytest

from bot.sandbox import Form, Person, Seen
from models.access import Identity, User
from models.base import Db
from services import Services
from services.shops import Shop
from tests.cogs.admin.conftest import Neighbour, everything
from tests.cogs.admin.test_user import said
from tests.cogs.conftest import member

pytestmark = pytest.mark.usefixtures("bot")
LINK, OPEN, NAME, SECRET = (
    "Link another Discord account",
    "Open an account",
    "Name of the secret",
    "Secret",
)


async def accounts(staff: Person, who: Person) -> Seen:
    """The accounts of a member whom staff choose."""
    return await (await staff.run("/admin people identity")).choose("Or choose a member", who)


async def test_a_second_account_is_linked_merged_and_unlinked(
    db: Db, services: Services, shop: Shop, olivia: Person, ada: Person, bob: Person
) -> None:
    """The way leads on to the merge of both customers, and from the linked account to its person."""
    for person in (ada, bob):
        await services.customers.of(shop, member(person))
    await services.users.of_member(shop, member(olivia), member(bob))
    seen = await (await accounts(olivia, ada)).choose(LINK, bob)
    assert f"discord · {bob.id}" in seen.text
    assert "Merge two records" in (await seen.press("Merge their customers")).text
    theirs = await accounts(olivia, bob)
    assert "linked to Ada" in theirs.text
    seen = await theirs.press("Main user")
    assert "linked to this person already" in said(await seen.choose(LINK, bob))
    opened = await seen.choose(OPEN, f"discord · {bob.id}")
    assert f"discord · {bob.id}" not in (await opened.press("Unlink")).text
    own = await (await accounts(olivia, ada)).choose(OPEN, f"discord · {ada.id}")
    assert "[Unlink] (off)" in own.text
    assert len(await Identity.find_all(db, {"provider": "discord"})) == 2
    assert "Accounts of Ada" in (await olivia.run("/admin people identity", find="ada")).text
    assert "Roles of the shop" in (await (await accounts(olivia, ada)).press("User")).text


async def test_a_secret_is_typed_in_and_never_shown(db: Db, olivia: Person, ada: Person) -> None:
    """The card names it; the form that would change it is empty."""
    seen = await (await accounts(olivia, ada)).choose(OPEN, f"discord · {ada.id}")
    form = await seen.open("Keep a secret")
    wrong = await form.submit({NAME: "not a name", SECRET: "hunter2"})
    assert "refresh" in said(wrong)
    seen = await form.submit({NAME: "refresh_token", SECRET: "hunter2"})
    assert "🔒 Kept secret: `refresh_token`" in seen.text
    assert "hunter2" not in seen.text
    assert [field.value for field in (await seen.open("Keep a secret")).fields] == [None, None]
    (identity,) = await Identity.find_all(db, {"secrets": {"$ne": None}})
    assert "hunter2" not in str(identity.secrets)
    seen = await (await seen.open("Keep a secret")).submit({NAME: "refresh_token", SECRET: ""})
    assert "Kept secret" not in seen.text


async def test_hostile_profiles_stay_in_their_field(db: Db, olivia: Person, ada: Person) -> None:
    """What a provider says of somebody is a text like any other."""
    await accounts(olivia, ada)
    profile = {f"key {n} @everyone": "**[x](https://evil.example)**" * 100 for n in range(30)}
    await Identity.change(db, {"provider": "discord"}, {"$set": {"profile": profile}})
    seen = await accounts(olivia, ada)
    assert seen.pings == []
    assert "[x](https" not in seen.text
    assert (await seen.choose(OPEN, f"discord · {ada.id}")).pings == []


async def test_staff_customers_and_neighbours_get_nowhere(
    db: Db, services: Services, shop: Shop, olivia: Person, sam: Person, ada: Person, neighbour: Neighbour
) -> None:
    """Staff lack the key; another shop's users and accounts are unknown in every click and form."""
    for person in (sam, ada):
        assert "`identity.manage`" in (await person.run("/admin people identity")).text
    boris = member(neighbour.guild.owner)
    theirs = await services.users.of_member(neighbour.shop, boris, boris)
    (identity,) = await Identity.find_all(db, {"userId": theirs.key})
    seen = await accounts(olivia, ada)
    (mine,) = await User.find_all(db, {"tenantId": shop.id})
    card = await seen.choose(OPEN, f"discord · {ada.id}")
    form = await card.open("Keep a secret")
    before = await everything(db)
    for pair in ((theirs.key, identity.key), (mine.key, identity.key)):
        for verb in ("unlink", "secret"):
            answer = await olivia.click(card, custom_id=f"identity:{verb}:{pair[0]}:{pair[1]}", forged=True)
            assert "cannot find that" in said(answer), verb
        form.modal["custom_id"] = f"identity:secret:{pair[0]}:{pair[1]}"
        assert "cannot find that" in (await form.submit({NAME: "x", SECRET: "y"})).text
    answer = await olivia.click(card, custom_id=f"identity:of:{theirs.key}", forged=True)
    assert not isinstance(answer, Form)
    assert "cannot find that user" in said(answer)
    assert await everything(db) == before
