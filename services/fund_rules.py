"""The community fund's rules, as those who manage it change them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from models.base import Db, Tx, transact, visible
from models.errors import BadInput, BeyondOwnKeys, ChangedMeanwhile
from models.fund import CommunityFundConfig
from models.member import Member
from models.money import MAX_CENTS, parse_amount
from services.access import FUND_APPROVAL, Access
from services.audit import Audit
from services.fund import Fund
from services.shops import Shop

MOST_AMOUNTS = 10
_TEXT_LENGTH = 1000
_BETWEEN = re.compile(r"[\s;]+")
_TEXTS = ("celebration_message_template", "anonymous_message_template", "disclaimer_text")
_PLACEHOLDER = re.compile(r"\{(donor|amount)\}")


def filled(template: str, *, donor: str | None, amount: str) -> str:
    """A template with its two placeholders filled in; every other brace stays what it is.

    Without a donor nothing is said of who it was.
    """
    values = {"donor": donor or "", "amount": amount}
    return _PLACEHOLDER.sub(lambda found: values[found[1]], template)


class FundRules:
    """Reads what was typed, keeps what may be kept, and writes down who changed it."""

    def __init__(self, db: Db, audit: Audit, fund: Fund, access: Access) -> None:
        self._access = access
        self._db = db
        self._audit = audit
        self._fund = fund

    async def switch(self, shop: Shop, actor: Member, *, on: bool) -> CommunityFundConfig:
        """Let the fund take gifts, or no more; what is in it stays."""
        return await self._edit(shop, actor, {"enabled": on})

    async def anonymity(self, shop: Shop, actor: Member, *, allowed: bool) -> CommunityFundConfig:
        """Let people give without being named, or not."""
        return await self._edit(shop, actor, {"anonymity_allowed": allowed})

    async def celebrate_in(self, shop: Shop, actor: Member, channel_id: str | None) -> CommunityFundConfig:
        """Choose where gifts are celebrated, None for nowhere."""
        return await self._edit(shop, actor, {"celebration_channel_id": channel_id})

    async def approvers(
        self, shop: Shop, actor: Member, names: Sequence[str], *, seen: CommunityFundConfig | None = None
    ) -> CommunityFundConfig:
        """Choose the names of the roles whose holders may pay out; `seen` as for the amounts.

        Raises BeyondOwnKeys when the actor holds none of those that were chosen before.
        """
        return await self._edit(shop, actor, {"disbursement_approval_roles": list(names)}, seen)

    async def amounts(
        self, shop: Shop, actor: Member, typed: Mapping[str, str], *, seen: CommunityFundConfig | None = None
    ) -> CommunityFundConfig:
        """Set the amounts offered, and the bounds of any other, both empty for none; raises BadInput.

        With the rules as they were `seen`, raises ChangedMeanwhile when they are others by now.
        """
        offered = [_amount(each, shop, "amounts") for each in _BETWEEN.split(typed["amounts"]) if each]
        if len(offered) > MOST_AMOUNTS:
            raise BadInput("amounts", "too_many", MOST_AMOUNTS)
        low, high = typed["lowest"].strip(), typed["highest"].strip()
        fields: dict[str, Any] = {
            "allowed_amounts_cents": sorted(set(offered)),
            "custom_amount_allowed": bool(low or high),
        }
        if low or high:
            least = _amount(low, shop, "lowest") if low else 1
            most = _amount(high, shop, "highest") if high else MAX_CENTS
            if least > most:
                raise BadInput("highest", "too_small")
            fields |= {"custom_amount_min_cents": least, "custom_amount_max_cents": most}
        elif not offered:
            raise BadInput("amounts", "required")
        return await self._edit(shop, actor, fields, seen)

    async def texts(
        self, shop: Shop, actor: Member, typed: Mapping[str, str], *, seen: CommunityFundConfig | None = None
    ) -> CommunityFundConfig:
        """Set both messages and the disclaimer; raises BadInput naming the one that is wrong.

        `seen` is as for the amounts.
        """
        fields = {name: typed[name].strip() for name in _TEXTS}
        for name, text in fields.items():
            if not visible(text):
                raise BadInput(name, "required")
            if len(text) > _TEXT_LENGTH:
                raise BadInput(name, "length", _TEXT_LENGTH)
        if "{donor}" in fields["anonymous_message_template"]:
            raise BadInput("anonymous_message_template", "names_donor")
        return await self._edit(shop, actor, fields, seen)

    async def _edit(
        self,
        shop: Shop,
        actor: Member,
        fields: dict[str, Any],
        seen: CommunityFundConfig | None = None,
    ) -> CommunityFundConfig:
        old = seen or await self._fund.rules(shop)
        new = CommunityFundConfig.model_validate({**old.model_dump(), **fields})
        after = new.model_dump_doc(include=set(fields))
        before = {key: value for key, value in old.model_dump_doc().items() if key in after}

        async def work(tx: Tx) -> CommunityFundConfig:
            if "disbursement_approval_roles" in fields:
                await self._may_approve(shop, actor, old, tx)
            edited = await CommunityFundConfig.edit(self._db, old, after, tx=tx)
            if edited is None:
                raise ChangedMeanwhile
            await self._audit.record(shop.id, actor, "fund.config", old, before=before, after=after, tx=tx)
            return edited

        return await transact(self._db, work)

    async def _may_approve(self, shop: Shop, actor: Member, old: CommunityFundConfig, tx: Tx) -> None:
        """Who says whose name lets pay out could say their own; `edit` sees to it that `old` still holds."""
        held = await self._access.now(shop, actor, tx=tx)
        if not (held.rules or held.role_names & set(old.disbursement_approval_roles)):
            raise BeyondOwnKeys((FUND_APPROVAL,))


def _amount(text: str, shop: Shop, field: str) -> int:
    cents = parse_amount(text.rstrip(","), shop.currency, field=field)
    if not 0 < cents <= MAX_CENTS:
        raise BadInput(field, "too_small")
    return cents
