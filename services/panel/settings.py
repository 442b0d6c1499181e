"""How the shop is set up, in the panel; providers' keys are never shown."""

from collections.abc import Mapping
from typing import Any

from models.base import Document
from models.flag import FeatureFlag
from models.provider import Provider
from models.storefront import Storefront
from models.tenant import BotConfig
from models.theme import UserTheme
from services.access import Permission
from services.customers import read_contact
from services.panel.contract import Declared, Form, PanelSection, Scope, Values, Way
from services.panel.reading import at_most, checked_link
from services.setting_rights import TOLD

_INSTRUCTIONS = 1000


def _config(_: Document, values: Mapping[str, Any]) -> Values:
    checked_link(values, "default_product_image_url")
    at_most(values, "payment_instructions", _INSTRUCTIONS)
    if "admin_notify_email" not in values:
        return dict(values)
    return {**values, "admin_notify_email": read_contact(values["admin_notify_email"] or "", "")["email"]}


DECLARED = (
    Declared(
        "config", BotConfig, PanelSection.CONFIGURATION,
        columns=("guildId", "currency", "responseMode"), sort="tenantId",
        edits=Permission.CONFIG_MANAGE,
        forms=(
            Form("stock", ("lowInventoryThreshold", "defaultProductImageUrl")),
            Form("notices", ("adminNotifyEmail", "paymentInstructions")),
        ),
        choices=("responseMode", "defaultQtyVisibility", "taxWhenUnknown", "digestRhythm"),
        changed_with="/admin config", ways=(Way("config:open", ""),), check=_config, shows_storefront=True,
        keyed={"adminNotifyEmail": TOLD},
    ),
    Declared(
        "provider", Provider, PanelSection.CONFIGURATION,
        columns=("type", "isActive"), sort="type", changed_with="/admin providers",
        ways=(Way("providers:open", "type"),), hidden=("config",),
    ),
    Declared(
        "flag", FeatureFlag, PanelSection.CONFIGURATION,
        columns=("key", "scope", "enabled"), sort="key", scope=Scope.SHARED,
        changed_with="/admin flags",
    ),
    Declared(
        "theme", UserTheme, PanelSection.CONFIGURATION,
        columns=("name", "slug", "isSystem"), sort="", scope=Scope.SYSTEM, changed_with="/admin themes",
    ),
    Declared(
        "front", Storefront, PanelSection.CONFIGURATION,
        columns=("channelId", "problem", "lookedAt"), sort="tenantId",
        changed_with="/admin storefront", ways=(Way("storefront:open"),),
    ),
)  # fmt: skip
