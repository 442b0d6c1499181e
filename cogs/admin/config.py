"""/admin config: every setting of the shop, one card with its parts."""

from typing import Any

from cogs._ui.card import Button, Card, Field, Option, Select, plain
from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.form import Form, Input
from cogs._ui.stamp import still
from cogs._ui.target import Target
from cogs._ui.words import Words, later
from cogs.admin._preview import preview_card
from cogs.admin._reach import CHANNEL_TROUBLES, chosen_roles, is_id, known_channel
from cogs.admin._root import Entry, Section, chosen
from cogs.admin._settings import (
    CHANNEL_FIELDS,
    CURRENCIES,
    FILLED_IN,
    MAX_ROLES,
    PARTS,
    STEPS,
    Look,
    method_state,
    part_card,
    provider_lines,
)
from cogs.admin._shipping import shipping_text
from cogs.admin._steps import show_step
from cogs.admin._tax import in_use, tax_text
from cogs.admin._time import RHYTHMS
from models.errors import BadInput
from models.required import required
from models.tenant import ResponseMode, VisibilityDefault
from services.access import Permission
from services.pace import Cost
from services.shops import Shop

_TEXT = 500
_MAIL_SENT = later(
    "An e-mail to {address} is on its way. If none arrives within some minutes, `/admin queue` says why."
)
_NO_MAIL = later(
    "I cannot send that: it needs the staff's e-mail address here, and a mail service in `/admin providers`."
)
_GENERAL = ("admin_notify_email", "default_product_image_url")


class Config(Section):
    """Reads and changes how the shop behaves; the wizard of /admin setup leads through the same cards."""

    needs = Permission.CONFIG_MANAGE
    entry = Entry("config", "See and change every setting of the shop")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self.overview(visit)

    @click("config:open")
    async def overview(self, visit: Visit) -> None:
        look = await Look.at(visit, await visit.shop(), "config")
        await visit.show(_overview(look))

    @click("config:part")
    async def part(self, visit: Visit, part: str = "") -> None:
        await self._show(visit, part or chosen(visit), "config")

    @click("config:admins")
    async def admins(self, visit: Visit, where: str, seen: str = "") -> None:
        still(seen, (await visit.shop()).config.admin_role_ids)
        roles = chosen_roles(visit, "admin_role_ids", MAX_ROLES)
        await self._set(visit, "roles", where, admin_role_ids=roles)

    @click("config:staff")
    async def staff(self, visit: Visit, where: str, seen: str = "") -> None:
        still(seen, (await visit.shop()).config.staff_role_ids)
        roles = chosen_roles(visit, "staff_role_ids", MAX_ROLES)
        await self._set(visit, "roles", where, staff_role_ids=roles)

    @click("config:channel")
    async def channel(self, visit: Visit, field: str, where: str) -> None:
        channel = visit.values[0] if visit.values else None
        if field not in CHANNEL_FIELDS:
            raise BadInput("channel", "not_allowed")
        # A channel of another server is nobody's to fill from here.
        if channel is not None and not (is_id(channel) and known_channel(visit, channel)):
            raise BadInput("channel", "not_allowed")
        shop = await self.services.shops.configure(await visit.shop(), visit.member, **{field: channel})
        await self.services.worker.retry(shop.id, *CHANNEL_TROUBLES)
        await self._show(visit, "channels", where)

    @click("config:method")
    async def ask_method(self, visit: Visit, where: str) -> None:
        await visit.form(await self._method_form(visit, chosen(visit), where))

    async def _method_form(self, visit: Visit, value: str, where: str) -> Form:
        w, methods = visit.words, self.services.methods
        known = methods.values_of(await visit.shop(), value)
        inputs = [
            Input(
                setting.key,
                w(setting.label),
                known.get(setting.key, ""),
                required=setting.required,
                long=setting.key == "text",
                max_length=_TEXT,
                placeholder=w(setting.example),
                hint=w(FILLED_IN) if setting.key == "text" else "",
            )
            for setting in methods.settings_of(value)
        ]
        return Form(w("Set up a way to pay"), Target("config:method", value, where), inputs, edits=True)

    @submit("config:method")
    async def method(self, visit: Visit, value: str, where: str, seen: str = "") -> None:
        (await self._method_form(visit, value, where)).still(seen)
        await self.services.methods.configure(await visit.shop(), visit.member, value, visit.fields)
        await self._show(visit, "methods", where)

    @click("config:offer")
    async def offer(self, visit: Visit, where: str, seen: str = "") -> None:
        shop = await visit.shop()
        still(seen, shop.config.enabled_payment_methods)
        await self.services.methods.enable(shop, visit.member, visit.values)
        await self._show(visit, "methods", where)

    @click("config:preview")
    async def preview(self, visit: Visit, where: str) -> None:
        shop, methods = await visit.shop(), self.services.methods
        due = methods.preview(shop, chosen(visit))
        qr = methods.qr_png(due.qr_text) if due.qr_text else None
        await visit.show(preview_card(due, qr, where, visit.words))

    @click("config:mail")
    async def try_mail(self, visit: Visit) -> None:
        shop, w = await visit.shop(), visit.words
        await visit.spend(Cost.TRY)
        owed = await self.services.mailing.owe_test(shop, str(visit.interaction.locale or ""))
        await visit.say(
            w(_MAIL_SENT if owed else _NO_MAIL, address=plain(shop.config.admin_notify_email or ""))
        )

    @click("config:currency")
    async def currency(self, visit: Visit, where: str) -> None:
        if chosen(visit) not in CURRENCIES:
            raise BadInput("currency", "not_allowed")
        await self._set(visit, "currency", where, currency=chosen(visit))

    @click("config:mode")
    async def mode(self, visit: Visit) -> None:
        if chosen(visit) not in set(ResponseMode):
            raise BadInput("response_mode", "not_allowed")
        await self._set(visit, "general", "config", response_mode=chosen(visit))

    @click("config:stock")
    async def stock(self, visit: Visit) -> None:
        if chosen(visit) not in set(VisibilityDefault):
            raise BadInput("default_qty_visibility", "not_allowed")
        await self._set(visit, "general", "config", default_qty_visibility=chosen(visit))

    @click("config:general")
    async def ask_general(self, visit: Visit) -> None:
        await visit.form(_general_form(await visit.shop(), visit.words))

    @submit("config:general")
    async def general(self, visit: Visit, seen: str = "") -> None:
        shop, typed = await visit.shop(), visit.fields
        _general_form(shop, visit.words).still(seen)
        fields: dict[str, Any] = {key: typed.get(key) or None for key in _GENERAL}
        fields |= {
            "low_inventory_threshold": _count(typed.get("low_inventory_threshold", "")),
            "payment_instructions": typed.get("payment_instructions", ""),
        }
        name = typed.get("name", "")
        await self.services.shops.configure(shop, visit.member, name=name, **fields)
        await self._show(visit, "general", "config")

    async def _set(self, visit: Visit, part: str, where: str, **fields: Any) -> None:
        await self.services.shops.configure(await visit.shop(), visit.member, **fields)
        await self._show(visit, part, where)

    async def _fresh(self, visit: Visit) -> Shop:
        return await self.services.shops.of_guild(visit.guild_id)

    async def _show(self, visit: Visit, part: str, where: str) -> None:
        # The visit's own shop was read before the change.
        shop = await self._fresh(visit)
        if where == "setup" and part in STEPS:
            await show_step(visit, shop, part)
            return
        card = required(part_card(part, await Look.at(visit, shop, where)), "part")
        await visit.show(card)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 6:  # noqa: PLR2004 - nobody stores a million
        raise BadInput("low_inventory_threshold", "not_a_number")
    return int(text)


def _overview(look: Look) -> Card:
    w, shop, config = look.w, look.shop, look.config
    none = w("none")
    offered = [
        f"{method.icon} {w(method.display_name)}: {method_state(method.value, look)}"
        for method in look.methods.known()
        if look.methods.values_of(shop, method.value)
    ]
    dm = config.response_mode is ResponseMode.DM
    public = config.default_qty_visibility is VisibilityDefault.PUBLIC
    return Card(
        title=plain(shop.name),
        text=w("Choose a part to change it."),
        fields=[
            Field(w("Admins"), _mentions(config.admin_role_ids, "@&") or none, inline=True),
            Field(w("Staff"), _mentions(config.staff_role_ids, "@&") or none, inline=True),
            Field(w("Currency"), config.currency, inline=True),
            Field(w("Staff channel"), _mentions([config.staff_channel_id], "#") or none, inline=True),
            Field(w("New orders"), _mentions([config.default_order_channel_id], "#") or none, inline=True),
            Field(w("Staff e-mail"), plain(config.admin_notify_email or "") or none, inline=True),
            Field(w("Answers"), w("by direct message") if dm else w("in the channel"), inline=True),
            Field(w("Stock"), w("shown to customers") if public else w("hidden"), inline=True),
            Field(w("Low stock"), str(config.low_inventory_threshold), inline=True),
            Field(w("Time zone"), config.time_zone, inline=True),
            Field(w("Digest"), w(RHYTHMS[config.digest_rhythm]), inline=True),
            Field(w("Ways to pay"), "\n".join([*offered, *provider_lines(look)]) or none),
            Field(w("Ways to ship"), shipping_text(shop, w)),
            Field(w("Tax"), tax_text(shop, in_use(look.providers), w, services=look.tax_services)),
        ],
        rows=[
            Select(
                w("Change a part"),
                Target("config:part"),
                [Option(w(part.title), name) for name, part in PARTS.items()],
            ),
            [
                Button(w("Guide me through"), Target("setup:step", "roles")),
                Button(w("Payment providers"), Target("providers:list")),
            ],
        ],
    )


def _mentions(ids: list[str] | list[str | None], mark: str) -> str:
    return " ".join(f"<{mark}{key}>" for key in ids if key)


def _general_form(shop: Shop, w: Words) -> Form:
    config = shop.config
    return Form(
        w("Name, answers and texts"),
        Target("config:general"),
        [
            Input("name", w("Name of the shop"), shop.name, max_length=100),
            Input(
                "low_inventory_threshold",
                w("Call staff when only so many are left"),
                str(config.low_inventory_threshold),
                max_length=6,
            ),
            Input(
                "default_product_image_url",
                w("Picture of products without one"),
                config.default_product_image_url or "",
                required=False,
                max_length=_TEXT,
                placeholder="https://",
            ),
            Input(
                "admin_notify_email",
                w("Staff e-mail"),
                config.admin_notify_email or "",
                required=False,
                max_length=254,
            ),
            Input(
                "payment_instructions",
                w("Shown with every way to pay"),
                config.payment_instructions,
                required=False,
                long=True,
                max_length=1000,
                hint=w(FILLED_IN),
            ),
        ],
        edits=True,
    )
