"""Each section of /admin opens to its own key, and to no other."""

import pytest
from nextcord.ext import commands

from bot.sandbox import Person
from models.access import Role
from models.base import Db
from services import Services
from services.access import Permission
from services.shops import Shop
from tests.cogs.admin.conftest import everything
from tests.cogs.admin.test_gate import OWN_GATES, sections
from tests.cogs.conftest import give_key
from tests.services.conftest import MakeProduct

# What is told to whoever holds every other key.
REFUSED = "you need the permission"


@pytest.fixture(autouse=True)
async def asked(services: Services, shop: Shop) -> None:
    """The fund's rules are made when somebody asks for them first, and that is no change here."""
    await services.fund.rules(shop)


async def opened(bot: commands.Bot, product: MakeProduct) -> dict[str, tuple[str, str, dict[str, str]]]:
    """Every subcommand: its path, the key it takes, and the options without which it cannot be called."""
    mug = await product()
    options = {
        "stock": {"product": mug.key},
        "import": {"kind": "products"},
        "export": {"kind": "products"},
    }
    entries = {each.entry.name: each for each in sections(bot) if each.entry is not None}
    return {
        name: (section.entry.path, str(section.needs or OWN_GATES[name]), options.get(name, {}))
        for name, section in entries.items()
    }


async def test_the_owner_opens_every_section(bot: commands.Bot, olivia: Person, product: MakeProduct) -> None:
    """Each with a card that only she sees, and that leads on."""
    for path, _, options in (await opened(bot, product)).values():
        seen = await olivia.run(path, options)
        assert seen.ephemeral
        assert REFUSED not in seen.text, path
        assert seen.embeds or seen.files, path


# What is in the file has a key of its own.
ALSO = {"data.import": ["product.manage"], "data.export": ["product.manage"]}


async def test_one_key_opens_exactly_one_section(
    db: Db, bot: commands.Bot, shop: Shop, bob: Person, product: MakeProduct
) -> None:
    """Somebody without any Discord role, whose one Role of the shop carries one key after another."""
    subcommands = await opened(bot, product)
    await give_key(db, shop, bob, "order.view")
    for held in sorted({key for _, key, _ in subcommands.values()}):
        keys = [held, *ALSO.get(held, [])]
        await hold(db, shop, keys)
        for path, needed, options in subcommands.values():
            before = await everything(db)
            seen = await bob.run(path, options)
            assert (REFUSED in seen.text) is (needed not in keys), (held, path, seen.text)
            assert needed in keys or f"`{needed}`" in seen.text, (held, path)
            assert needed in keys or await everything(db) == before, (held, path)


async def test_all_keys_but_one_leave_one_section_shut(
    db: Db, bot: commands.Bot, shop: Shop, bob: Person, product: MakeProduct
) -> None:
    """The refusal names the key, and nothing has changed."""
    subcommands = await opened(bot, product)
    await give_key(db, shop, bob, "order.view")
    for path, needed, options in subcommands.values():
        await hold(db, shop, [key for key in Permission if key != needed])
        before = await everything(db)
        assert f"`{needed}`" in (await bob.run(path, options)).text, path
        assert await everything(db) == before, path


async def hold(db: Db, shop: Shop, keys: list[str]) -> None:
    """The one Role of the shop carries these keys from now on."""
    assert await Role.change(db, {"tenantId": shop.id}, {"$set": {"permissionKeys": [*map(str, keys)]}})
