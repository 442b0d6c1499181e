"""The story that the demo plays: a shop is opened, and people buy there, each in another way."""

import re
from dataclasses import dataclass

import aiohttp

from bot.demo_acting import Acting, WentWrong, number_of
from bot.demo_online import BitcoinScene, CardScene
from bot.demo_providers import StandIn, StandIns
from bot.demo_telling import Telling
from bot.samples import ROLE_NAMES, RoleKey, sample_shop
from bot.sandbox import Community, Person, Room, Sandbox, Seen
from bot.sandbox.guilds import Role
from models.member import Member
from services import Services

PRODUCT = "Season pass"
HANDLE = "@ada-lovelace"
_TAKEN = "accepts these keys"
_WEBHOOK = re.compile(r"http://\S+/webhooks/\w+/\w+")


@dataclass(frozen=True)
class Cast:
    """The server Aurora and its people."""

    guild: Community
    olivia: Person
    sam: Person
    ada: Person
    ben: Person
    staff: Role
    staff_room: Room
    roles: dict[RoleKey, Role]


def gather(discord: Sandbox) -> Cast:
    """Found the server, before the bot comes online."""
    guild = discord.add_guild("Aurora", owner="olivia")
    staff = guild.add_role("Staff")
    roles = {key: guild.add_role(name) for key, name in ROLE_NAMES.items()}
    room = guild.add_channel("staff", visible_to=[staff, guild.bot_role])
    sam = guild.add_member("sam", display_name="Sam", roles=[staff])
    ada = guild.add_member("ada", display_name="Ada")
    ben = guild.add_member("ben", display_name="Ben")
    return Cast(guild, guild.owner, sam, ada, ben, staff, room, roles)


class Scene(Acting):
    """Plays the story with real clicks; every step raises when it does not lead on."""

    def __init__(
        self, telling: Telling, discord: Sandbox, services: Services, cast: Cast, providers: StandIns
    ) -> None:
        super().__init__(telling, discord)
        self._services = services
        self._cast = cast
        self._providers = providers

    async def play(self) -> str:
        """The whole story; the first invoice's address. Raises WentWrong, and what the sandbox raises."""
        await self._open_shop()
        await self._fill_shelves()
        number = await self._buy()
        await self._approve(number)
        address = await self._receive(number)
        await self._take_keys()
        await BitcoinScene(self._tell, self._discord, self._cast.ben, self._providers).play()
        await CardScene(self._tell, self._discord, self._cast.ada, self._providers).play()
        return address

    async def _open_shop(self) -> None:
        cast, who = self._cast, self._cast.olivia
        self._tell.chapter("Olivia, who owns the server Aurora, opens a shop")
        seen = await self._run(who, "/admin setup")
        form = await self._open(seen, "Name the shop")
        seen = await self._submit(form, {"Name of the shop": "Aurora Shop"})
        seen = await self._choose(seen, "Roles of the staff", cast.staff, "@Staff")
        seen = await self._press(seen, "Next", quietly=True)
        channels = "Staff channel: payments to check, alerts"
        seen = await self._choose(seen, channels, cast.staff_room, "#staff")
        seen = await self._press(seen, "Next", quietly=True)
        self._tell.does(who, 'chooses "Venmo" in "Set up a way to pay"')
        form = await seen.choose_form("Set up a way to pay", "Venmo")
        seen = await self._submit(form, {"Venmo user name": "@aurora-shop"})
        for _ in ("currency", "first product"):
            seen = await self._press(seen, "Next", quietly=True)
        await self._press(seen, "Finish")

    async def _fill_shelves(self) -> None:
        olivia = self._cast.olivia
        shop = await self._services.shops.of_guild(str(self._cast.guild.id))
        owner = Member(str(olivia.id), olivia.user.name, olivia.name, owns_guild=True)
        roles = {key: str(role.id) for key, role in self._cast.roles.items()}
        planted = await sample_shop(self._services, shop, owner, roles)
        self._tell.aside(
            f"The shelves are filled with a sample shop of {len(planted)} products, as `run.py seed` does."
        )

    async def _take_keys(self) -> None:
        self._tell.chapter("Olivia lets payments confirm themselves")
        self._tell.aside(
            "NOWPayments and Stripe are stand-ins on this machine, which call the shop without https://. "
            "Their keys open nothing elsewhere."
        )
        for each in self._providers.all:
            each.account.webhook_url = await self._enter_keys(each)

    async def _enter_keys(self, provider: StandIn) -> str:
        """Where the provider shall deliver webhooks, as Olivia reads it."""
        seen = await self._run(self._cast.olivia, "/admin providers", quietly=True)
        seen = await self._choose(seen, "Open a provider", provider.way_to_pay, quietly=True)
        form = await self._open(seen, "Enter keys")
        card = await self._submit(form, provider.keys)
        await self._until(lambda: card.followups, f"the test of the keys to {provider.title}")
        self._tell.sees(card.followups[0], "and below it:")
        address = _WEBHOOK.search(card.text)
        if not address or _TAKEN not in card.followups[0].text:
            raise WentWrong(f"the keys to {provider.title} were not taken; the lines above say why.")
        return address[0]

    async def _buy(self) -> str:
        ada = self._cast.ada
        self._tell.chapter("Ada buys the season pass")
        seen = await self._run(ada, "/shop browse", query="pass")
        seen = await self._choose(seen, "Choose a product", PRODUCT, PRODUCT)
        seen = await self._press(seen, "Add to cart", quietly=True)
        seen = await self._press(seen, "My cart (1)")
        seen = await self._press(seen, "Check out", quietly=True)
        seen = await self._choose(seen, "Choose how to pay", "Venmo", "Venmo")
        seen = await self._press(seen, "Confirm")
        await self._until(lambda: ada.dms, "a DM about the new order")
        number = number_of(seen)
        self._tell.aside(f"Ada sends $25.00 with her Venmo app and writes {number} into the note.")
        form = await self._open(seen, "I have paid")
        await self._submit(form, {form.fields[0].label: HANDLE})
        return number

    async def _approve(self, number: str) -> None:
        sam = self._cast.sam
        self._tell.chapter("Sam, of the staff, checks the payment")
        await self._until(self._claims, "the claim's card in #staff")
        card = self._claims()[-1]
        self._tell.does(sam, "looks into #staff")
        self._tell.sees(card)
        form = await self._open(card, "Approve")
        seen = await self._submit(form, {form.fields[0].label: number}, quietly=True)
        if seen is None:
            raise WentWrong("Sam's approval was not answered")
        await self._until(lambda: "Approved by" in card.now.text, "the decision on the claim's card")
        self._tell.sees(card.now, "The card in #staff now reads:")

    def _claims(self) -> list[Seen]:
        messages = self._cast.staff_room.messages_for(self._cast.sam)
        return [seen for seen in messages if any(each.label == "Approve" for each in seen.buttons)]

    async def _receive(self, number: str) -> str:
        ada = self._cast.ada
        self._tell.chapter("Ada receives what she bought")
        await self._until(lambda: "VIP" in ada.role_names, "the role VIP on Ada")
        self._tell.fact("Ada has the role VIP.")
        await self._dm(ada, number, "has received your payment", "the DM about the payment")
        choices = await ada.suggest("/orders view", order=number)
        if not choices:
            raise WentWrong(f"/orders view does not suggest the order {number}")
        self._tell.does(ada, f"runs /orders view order: {choices[0].name}")
        seen = await ada.run("/orders view", order=choices[0].value)
        self._tell.sees(seen)
        address = next((each.url for each in seen.buttons if each.label == "Invoice" and each.url), None)
        if address is None:
            raise WentWrong("the paid order shows no invoice")
        await self._read_invoice(address)
        return address

    async def _read_invoice(self, address: str) -> None:
        self._tell.does(self._cast.ada, "opens the invoice in a browser")
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            page = await answer.text()
        if answer.status != 200 or PRODUCT not in page:  # noqa: PLR2004 - HTTP's word for yes
            raise WentWrong(f"the invoice answered with status {answer.status}")
        self._tell.fact(f"The page answers with status {answer.status} and lists the {PRODUCT}.")
