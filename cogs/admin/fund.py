"""/admin fund: the community fund's rules, its books, paying out of it, and its statements."""

from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.person import picked_members
from cogs._ui.stamp import still
from cogs.admin import _fund_card as cards
from cogs.admin import _fund_forms as forms
from cogs.admin._paging import number
from cogs.admin._reach import is_id, known_channel
from cogs.admin._root import Entry, Section, chosen
from models.errors import BadInput, NotApprover
from services.access import Permission
from services.pace import Cost

_MOST_ROLES = 25


async def show_fund(visit: Visit) -> None:
    """The fund with what this person may do about it."""
    services, shop = visit.services, await visit.shop()
    may = await services.access.permissions_of(shop, visit.member)
    card = cards.fund_card(
        visit,
        await services.fund.rules(shop),
        await services.fund_desk.book(shop, size=1),
        await services.fund_desk.others(shop),
        await services.fund_desk.role_names(shop),
        pays=await services.fund_desk.approves(shop, visit.member),
        manages=Permission.FUND_MANAGE in may,
        rules_all={Permission.FUND_MANAGE, Permission.CONFIG_MANAGE} <= may,
    )
    await visit.show(card)


class FundBook(Section):
    """The books and paying out; those who may pay out come in without the key, too."""

    needs = None
    entry = Entry("fund", "The community fund: its rules, its books, paying out")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self._admit(visit)
        await show_fund(visit)

    @click("fundbook:open")
    async def opened(self, visit: Visit, _entity: str = "") -> None:
        await self._admit(visit)
        await show_fund(visit)

    @click("fundbook:page")
    async def page(self, visit: Visit, page: str = "0") -> None:
        await self._admit(visit)
        await self._history(visit, number(page))

    @click("fundbook:months")
    async def months(self, visit: Visit) -> None:
        await self._admit(visit)
        statement, shop = self.services.fund_statement, await visit.shop()
        months = statement.months()
        if not visit.values:
            await visit.show(cards.months_card(months, visit.words))
            return
        month = chosen(visit)
        if month not in months:
            raise BadInput("choice", "not_allowed")
        await visit.spend(Cost.EXPORT)
        data = await statement.csv(shop, month)
        await visit.show(cards.months_card(months, visit.words, data=data, month=month))

    @click("fundbook:whom")
    async def whom(self, visit: Visit) -> None:
        await self._admit_approver(visit)
        if not visit.values:
            await visit.show(cards.whom_card(visit.words))
            return
        members = picked_members(visit.interaction)
        if len(members) != 1:
            raise BadInput("customer", "not_allowed")
        customer = await self.services.customers.of(await visit.shop(), members[0])
        form = forms.pay_form(
            customer.key, self.services.fund_desk.new_key(), members[0].display_name, visit.words
        )
        await visit.form(form)

    @submit("fundbook:pay")
    async def pay(self, visit: Visit, customer_id: str, payment_id: str) -> None:
        await self._admit_approver(visit)
        amount, reason = visit.fields.get("amount", ""), visit.fields.get("reason", "")
        shop = await visit.shop()
        await self.services.fund_desk.disburse(shop, visit.member, payment_id, customer_id, amount, reason)
        await self._history(visit, 0)
        await visit.say(visit.words("Noted down, and the staff are told. Please send the money now."))

    @click("fundbook:undo")
    async def ask_undo(self, visit: Visit) -> None:
        await self._admit_approver(visit)
        paid = await self.services.fund_desk.disbursement(await visit.shop(), chosen(visit))
        await visit.form(forms.undo_form(paid, visit.words))

    @submit("fundbook:undo")
    async def undo(self, visit: Visit, payment_id: str) -> None:
        await self._admit_approver(visit)
        shop, why = await visit.shop(), visit.fields.get("reason", "")
        await self.services.fund_desk.reverse(shop, visit.member, payment_id, why)
        await self._history(visit, 0)

    async def _history(self, visit: Visit, page: int) -> None:
        shop, desk = await visit.shop(), self.services.fund_desk
        pays = await desk.approves(shop, visit.member)
        await visit.show(cards.history_card(await desk.book(shop, page), visit.words, pays=pays))

    async def _admit(self, visit: Visit) -> None:
        approves = await self.services.fund_desk.approves(await visit.shop(), visit.member)
        await visit.require(Permission.FUND_MANAGE, unless=approves)

    async def _admit_approver(self, visit: Visit) -> None:
        await self._admit(visit)
        shop = await visit.shop()
        if not await self.services.fund_desk.approves(shop, visit.member):
            rules = await self.services.fund.rules(shop)
            raise NotApprover(tuple(rules.disbursement_approval_roles))


class FundRules(Section):
    """What is asked for, told and shown; who may pay out is for those to say who say who the admins are."""

    needs = Permission.FUND_MANAGE

    @click("fundrule:on")
    async def on(self, visit: Visit) -> None:
        await self.services.fund_rules.switch(await visit.shop(), visit.member, on=True)
        await show_fund(visit)

    @click("fundrule:off")
    async def off(self, visit: Visit) -> None:
        await self.services.fund_rules.switch(await visit.shop(), visit.member, on=False)
        await show_fund(visit)

    @click("fundrule:named")
    async def named(self, visit: Visit) -> None:
        await self.services.fund_rules.anonymity(await visit.shop(), visit.member, allowed=False)
        await show_fund(visit)

    @click("fundrule:secret")
    async def secret(self, visit: Visit) -> None:
        await self.services.fund_rules.anonymity(await visit.shop(), visit.member, allowed=True)
        await show_fund(visit)

    @click("fundrule:channel")
    async def channel(self, visit: Visit) -> None:
        shop, channel = await visit.shop(), visit.values[0] if visit.values else None
        # A channel of another server is nobody's to fill from here.
        if channel is not None and not (is_id(channel) and known_channel(visit, channel)):
            raise BadInput("channel", "not_allowed")
        await self.services.fund_rules.celebrate_in(shop, visit.member, channel)
        await self.services.worker.retry(shop.id, "fund_channel")
        await show_fund(visit)

    @click("fundrule:approvers")
    async def approvers(self, visit: Visit, seen: str = "") -> None:
        await visit.require(Permission.CONFIG_MANAGE)
        shop, names = await visit.shop(), list(dict.fromkeys(visit.values))
        rules = await self.services.fund.rules(shop)
        still(seen, rules.disbursement_approval_roles)
        known = {*rules.disbursement_approval_roles, *await self.services.fund_desk.role_names(shop)}
        if len(names) > _MOST_ROLES or not set(names) <= known:
            raise BadInput("approvers", "not_allowed")
        await self.services.fund_rules.approvers(shop, visit.member, names, seen=rules)
        await show_fund(visit)

    @click("fundrule:amounts")
    async def ask_amounts(self, visit: Visit) -> None:
        shop = await visit.shop()
        rules = await self.services.fund.rules(shop)
        await visit.form(forms.amounts_form(rules, shop.currency, visit.words))

    @submit("fundrule:amounts")
    async def amounts(self, visit: Visit, seen: str = "") -> None:
        shop = await visit.shop()
        rules = await self.services.fund.rules(shop)
        forms.amounts_form(rules, shop.currency, visit.words).still(seen)
        typed = {key: visit.fields.get(key, "") for key in ("amounts", "lowest", "highest")}
        await self.services.fund_rules.amounts(shop, visit.member, typed, seen=rules)
        await show_fund(visit)

    @click("fundrule:texts")
    async def ask_texts(self, visit: Visit) -> None:
        rules = await self.services.fund.rules(await visit.shop())
        await visit.form(forms.texts_form(rules, visit.words))

    @submit("fundrule:texts")
    async def texts(self, visit: Visit, seen: str = "") -> None:
        shop = await visit.shop()
        rules = await self.services.fund.rules(shop)
        forms.texts_form(rules, visit.words).still(seen)
        typed = forms.texts_of(visit.fields, visit.words)
        await self.services.fund_rules.texts(shop, visit.member, typed, seen=rules)
        await show_fund(visit)
