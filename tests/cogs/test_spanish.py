"""A shop in Spanish: customers of both of Discord's Spanish locales, an owner, and a guild that speaks it."""

import re
from functools import partial

import pytest
from nextcord.ext import commands

from bot.sandbox import Community, Person, Room, Sandbox
from cogs._ui.words import Words
from models.base import Db
from models.fund import ANONYMOUS_CELEBRATION, CELEBRATION, DISCLAIMER
from services import Services
from services.shops import Shop
from tests.cogs.buying import claimed, orders_of, paid, placed
from tests.cogs.conftest import member
from tests.cogs.german import english_in
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")

SPANISH = Words.of("es-ES")
left_in_english = partial(english_in, words=SPANISH)
ADDRESS = {
    "Nombre completo": "Pilar Ruiz",
    "Calle y número": "Calle Mayor 12\nPiso 4",
    "Ciudad, estado o provincia": "Madrid, Madrid",
    "Código postal": "28013",
    "País, teléfono": "España, +34 600 000 000",
}


@pytest.fixture
def guild(discord: Sandbox) -> Community:
    """The guild Aurora, which speaks Spanish."""
    return discord.add_guild("Aurora", owner="olivia", locale="es-ES")


@pytest.fixture
async def plaza(services: Services, shop: Shop, guild: Community, olivia: Person) -> Room:
    """The fund takes gifts and tells of them here."""
    room = guild.add_channel("plaza")
    await services.fund_rules.switch(shop, member(olivia), on=True)
    await services.fund_rules.celebrate_in(shop, member(olivia), str(room.id))
    return room


async def test_a_purchase_in_spanish(
    pilar: Person, staff_room: Room, shop: Shop, services: Services, product: MakeProduct
) -> None:
    """From the shelf to the claim nothing is left in English; the staff of this guild read it in Spanish."""
    await product("Taza", 123450, 3, is_digital=False)
    seen = await pilar.run("/shop browse")
    shown = [seen.text]
    assert "Tenemos 1 producto. Elígelo para ver más." in seen.text
    assert "1.234,50\xa0US$ · quedan 3" in seen.text.replace("**", "")
    seen = await (await seen.choose("Elige un producto", "Taza")).press("Añadir al carrito")
    seen = await seen.press("Finalizar compra")
    shown.append(seen.text)
    assert "Compra, paso 1 de 4" in seen.text
    seen = await (await seen.open("Escribir una dirección")).submit(ADDRESS)
    assert "28013 Madrid" in seen.text
    seen = await seen.choose("Elige el envío", "Letter post")
    seen = await seen.choose("Elige la forma de pago", "Venmo")
    shown.append(seen.text)
    seen = await seen.press("Confirmar")
    assert "Envía 1.239,00\xa0US$ a `@aurora-shop`." in seen.text.replace("**", "")
    (order,) = await orders_of(services, shop, pilar)
    assert f"Pedido el {order.created_at.day} nov {order.created_at.year}" in seen.text
    shown.append(seen.text)
    seen = await (await seen.open("Ya he pagado")).submit({"¿Qué nombre o nota veremos?": "Pilar"})
    assert "El equipo está revisando tu pago." in seen.text
    await services.worker.drain()
    told = "\n".join(message.text for message in staff_room.messages)
    assert f"Pago del pedido {order.order_number}" in told
    assert "Busca este pago en tu cuenta y después apruébalo o recházalo." in told
    assert left_in_english("\n".join([*shown, seen.text, told])) == []


async def test_prices_are_written_as_each_spanish_writes_them(
    pilar: Person, marta: Person, product: MakeProduct
) -> None:
    """With a comma in Spain, with a point in Latin America."""
    await product("Taza", 123450, 3)
    assert "1.234,50\xa0US$" in (await pilar.run("/shop browse")).text
    assert "USD\xa01,234.50" in (await marta.run("/shop browse")).text


async def test_forms_hold_numbers_as_they_are_typed(
    db: Db, spanish_owner: Person, product: MakeProduct, services: Services, shop: Shop
) -> None:
    """A price is shown with a comma, and read back with it; unchanged it stays what it was."""
    mug = await product("Taza", 1250, 3)
    form = await (await spanish_owner.run("/admin product", name="Taza")).open("Editar")
    assert "Precio en USD: 12,50" in form.text
    await form.submit({"Precio en USD": "13,75"})
    assert (await services.catalog.resolve(shop, mug.key)).price_cents == 1375
    assert db is not None


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/checkout", "Tu carrito está vacío. Encuentra algo con `/tienda mirar`."),
        ("/cart view", "Tu carrito está vacío. ¡Echa un vistazo!"),
        ("/help", "`/pedidos lista`: paga, obtén tus artículos, abre la factura o cancela"),
        ("/account profile", "Dirección de correo: no hay"),
        ("/admin config", "Para esto necesitas el permiso"),
    ],
)
async def test_refusals_and_empty_places_are_spanish(marta: Person, command: str, said: str) -> None:
    """What cannot be done is said in the person's language, with the commands as Discord lists them."""
    seen = await marta.run(command)
    assert said in seen.text
    assert left_in_english(seen.text) == []


async def test_the_staff_side_is_spanish(
    bot: commands.Bot,
    spanish_owner: Person,
    pilar: Person,
    services: Services,
    product: MakeProduct,
    shop: Shop,
) -> None:
    """The first card of every section, with nothing left in English and no label cut off."""
    mug = await product("Taza", 1250, 3)
    await pilar.run("/cart add", product="Taza")
    seen = await (await pilar.run("/checkout")).choose("Elige la forma de pago", "Venmo")
    await seen.press("Confirmar")
    (order,) = await orders_of(services, shop, pilar)
    await claimed(services, shop, pilar, order)
    entries = [cog.entry for name, cog in bot.cogs.items() if name.startswith("admin.")]  # type: ignore[attr-defined]
    sections = [entry.path for entry in entries if entry is not None]
    assert len(sections) > 20
    shown = []
    kind = {"kind": "products"}
    needed = {"/admin stock": {"product": mug.key}, "/admin import": kind, "/admin export": kind}
    for section in sections:
        card = await spanish_owner.run(section, needed.get(section, {}))
        shown.append(f"{card.text}\n{card.payload}")
    assert left_in_english("\n".join(shown).replace(DISCLAIMER, "")) == []
    assert re.findall(r"'(?:label|placeholder)': '[^']*…'", "\n".join(shown)) == []


async def test_orders_are_found_by_their_state_in_spanish(
    spanish_owner: Person, pilar: Person, services: Services, product: MakeProduct, shop: Shop
) -> None:
    """By command, by suggestion and by form; the list says the state in the same words."""
    mug = await product("Taza", 1250, 3)
    await placed(services, shop, pilar, mug.key)
    await paid(services, shop, pilar, spanish_owner, await placed(services, shop, pilar, mug.key))
    assert "2 pedidos" in (await spanish_owner.run("/admin order")).text
    seen = await spanish_owner.run("/admin order", find="Pendiente de pago")
    assert "1 pedido\n" in seen.text
    assert "Los que tienen `pendiente de pago` como número" in seen.text
    (only,) = await spanish_owner.suggest("/admin order", find="pendiente de pago")
    assert "pendiente de pago" in only.name
    form = await seen.open("Buscar")
    (place,) = [each.placeholder for each in form.fields]
    assert place == "pagado"
    assert "1 pedido\n" in (await form.submit({"Número, cliente o estado": "completo"})).text
    assert "No encontré nada." in (await form.submit({"Número, cliente o estado": "enviado"})).text


async def test_what_the_fund_says_by_itself_is_in_everybodys_language(
    pilar: Person, ada: Person, spanish_owner: Person, plaza: Room, services: Services, shop: Shop
) -> None:
    """The notice in the giver's, the news of a gift in the guild's."""
    assert SPANISH(DISCLAIMER) in (await pilar.run("/fund info")).text
    assert DISCLAIMER in (await ada.run("/fund info")).text
    seen = await pilar.run("/fund donate", amount="5")
    await (await seen.choose("Elige la forma de pago", "Venmo")).press("Confirmar la donación")
    (order,) = await orders_of(services, shop, pilar)
    payment_id, turn = await claimed(services, shop, pilar, order)
    await services.claims.approve(shop, member(spanish_owner), payment_id, turn, "visto")
    await services.worker.drain()
    assert [each.text for each in plaza.messages] == [
        "Pilar donó 5,00\xa0US$ al fondo comunitario. ¡Gracias!"
    ]


async def test_texts_that_stay_ours_stay_in_every_language(
    spanish_owner: Person, ada: Person, plaza: Room, services: Services, shop: Shop
) -> None:
    """The form shows them in Spanish; changing one keeps the others as everybody's own."""
    form = await (await spanish_owner.run("/admin fund")).open("Mensajes y aviso legal")
    assert SPANISH(CELEBRATION) in form.text
    await form.submit({"Aviso legal": "Sin recibos."})
    rules = await services.fund.rules(shop)
    assert rules.disclaimer_text == "Sin recibos."
    assert rules.celebration_message_template == CELEBRATION
    assert rules.anonymous_message_template == ANONYMOUS_CELEBRATION
    assert "Sin recibos." in (await ada.run("/fund info")).text
    assert plaza.messages == []
