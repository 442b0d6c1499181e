"""/admin payments: the queue of claims, and every Approve and Reject, also those in the staff channel."""

from cogs._ui.card import Button, Card, Field, Option, Select, code, plain
from cogs._ui.claim_card import claim_card, decision
from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.form import Form, Input
from cogs._ui.paying import method_name
from cogs._ui.refusals import sentence
from cogs._ui.target import Target
from cogs._ui.visit import is_own
from cogs._ui.words import Words
from cogs.admin._paging import number, pager
from cogs.admin._root import Entry, Section, chosen
from models.errors import AlreadyDecided, OutOfStock, ReferenceUsed
from models.payment import PaymentStatus
from services.access import Permission
from services.claims import ClaimView, WaitingPage

_NOTE_LENGTH = 200


class Payments(Section):
    """Staff look for the money, then decide; once, whoever clicks first."""

    needs = Permission.PAYMENT_APPROVE
    entry = Entry("payments", "Approve or reject payments that customers say they made")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self.queue(visit)

    @click("payments:queue")
    async def queue(self, visit: Visit, page: str = "0") -> None:
        waiting = await self.services.claims.waiting(await visit.shop(), number(page))
        await visit.show(_queue(waiting, visit.words))

    @click("payments:open")
    async def opened(self, visit: Visit) -> None:
        view = await self.services.claims.view(await visit.shop(), chosen(visit))
        await visit.show(_own(view, visit.words))

    @click("claim:approve")
    async def ask_note(self, visit: Visit, payment_id: str, claims: str) -> None:
        view = await self.services.claims.view(await visit.shop(), payment_id)
        await self._if_waiting(visit, view, claims, _note_form(view, claims, visit.words))

    @click("claim:reject")
    async def ask_reason(self, visit: Visit, payment_id: str, claims: str) -> None:
        view = await self.services.claims.view(await visit.shop(), payment_id)
        await self._if_waiting(visit, view, claims, _reason_form(view, claims, visit.words))

    @submit("claim:approve")
    async def approve(self, visit: Visit, payment_id: str, claims: str) -> None:
        await self._approve(visit, payment_id, claims, visit.fields.get("note", ""), used_before_ok=False)

    @click("claim:again")
    async def approve_again(self, visit: Visit, payment_id: str, claims: str) -> None:
        await self._approve(visit, payment_id, claims, _carried(visit), used_before_ok=True)

    @submit("claim:reject")
    async def reject(self, visit: Visit, payment_id: str, claims: str) -> None:
        shop, reason = await visit.shop(), visit.fields.get("reason", "")
        try:
            view = await self.services.claims.reject(shop, visit.member, payment_id, number(claims), reason)
        except AlreadyDecided:
            await self._too_late(visit, payment_id, claims)
            return
        await _bring_up_to_date(visit, view, claims)
        await visit.say(visit.words("Rejected. The customer is told why."))

    @click("claim:show")
    async def show(self, visit: Visit, payment_id: str) -> None:
        view = await self.services.claims.view(await visit.shop(), payment_id)
        await visit.show(_own(view, visit.words))

    async def _approve(
        self, visit: Visit, payment_id: str, claims: str, note: str, *, used_before_ok: bool
    ) -> None:
        shop, turn = await visit.shop(), number(claims)
        try:
            view = await self.services.claims.approve(
                shop, visit.member, payment_id, turn, note, used_before_ok=used_before_ok
            )
        except AlreadyDecided:
            await self._too_late(visit, payment_id, claims)
            return
        except ReferenceUsed as used:
            await visit.show(_used_before(used, payment_id, claims, note, visit.words))
            return
        except OutOfStock as gone:
            await visit.say(_gone(gone, visit.words))
            return
        await _bring_up_to_date(visit, view, claims)
        await visit.say(visit.words("Approved. The order is paid and its goods are on their way."))

    async def _if_waiting(self, visit: Visit, view: ClaimView, claims: str, form: Form) -> None:
        if _waits(view, claims):
            await visit.form(form)
        else:
            await self._too_late(visit, view.payment.key, claims)

    async def _too_late(self, visit: Visit, payment_id: str, claims: str) -> None:
        view = await self.services.claims.view(await visit.shop(), payment_id)
        await _bring_up_to_date(visit, view, claims)
        w = visit.words
        if view.payment.claims != number(claims):
            await visit.say(w("The customer has reported this payment again. Please use the newer card."))
        else:
            await visit.say(w("Somebody was faster.") + f" {decision(view.payment, w)}")


def _waits(view: ClaimView, claims: str) -> bool:
    waits = view.payment.status is PaymentStatus.AWAITING_ADMIN_APPROVAL
    return waits and view.payment.claims == number(claims)


async def _bring_up_to_date(visit: Visit, view: ClaimView, claims: str) -> None:
    """Show what became of a claim on the very card that was clicked."""
    if is_own(visit.interaction):
        await visit.show(_own(view, visit.words))
    else:
        # Everybody sees that card: it keeps the guild's language, not the clicker's.
        words = Words.of(visit.interaction.guild_locale)
        await visit.reply(claim_card(view, words, claims=number(claims)))


def _own(view: ClaimView, w: Words) -> Card:
    card = claim_card(view, w)
    back = Button(w("All waiting payments"), Target("payments:queue", 0))
    order = Button(w("Order"), Target("order:open", view.order.key))
    card.rows = [*card.rows, [back, order]]
    return card


def _queue(waiting: WaitingPage, w: Words) -> Card:
    if not waiting.claims:
        return Card(
            title=w("No payment waits"),
            text=w("When a customer says that they have paid, it is shown here and in the staff channel."),
            rows=[[Button(w("Look again"), Target("payments:queue", 0))]],
        )
    return Card(
        title=w.count(waiting.total, "{n} payment waits", "{n} payments wait"),
        text=w("Oldest first. Open one to approve or reject it."),
        fields=[_line(view, w) for view in waiting.claims],
        rows=[
            Select(
                w("Open a payment"), Target("payments:open"), [_option(view, w) for view in waiting.claims]
            ),
            [
                *pager(w, "payments:queue", waiting.page, waiting.pages),
                Button(w("Look again"), Target("payments:queue", waiting.page)),
            ],
        ],
    )


def _line(view: ClaimView, w: Words) -> Field:
    payment = view.payment
    note = code(payment.reference_text) if payment.reference_text else w("none")
    since = w.when(payment.claimed_at) if payment.claimed_at else ""
    who = f"<@{view.order.customer.discord_id}>"
    amount = w.money(payment.amount_cents, payment.currency)
    name = f"{payment.order_number} · {amount} · {method_name(payment.method, w)}"
    return Field(name, w("{who}, note {note}, {since}", who=who, note=note, since=since))


def _option(view: ClaimView, w: Words) -> Option:
    payment = view.payment
    amount = w.money(payment.amount_cents, payment.currency)
    return Option(
        f"{payment.order_number} · {amount}",
        payment.key,
        description=view.order.customer.discord_display_name,
    )


def _note_form(view: ClaimView, claims: str, w: Words) -> Form:
    payment = view.payment
    hint = w(
        "As it stands in your account, for example {note}",
        note=payment.reference_text or payment.order_number,
    )
    return Form(
        w("Approve {number}", number=payment.order_number),
        Target("claim:approve", payment.key, claims),
        [
            Input(
                "note",
                w("Note or name that you see on the payment"),
                max_length=_NOTE_LENGTH,
                placeholder=hint,
            )
        ],
    )


def _reason_form(view: ClaimView, claims: str, w: Words) -> Form:
    payment = view.payment
    return Form(
        w("Reject {number}", number=payment.order_number),
        Target("claim:reject", payment.key, claims),
        [
            Input(
                "reason",
                w("Why? The customer will read this."),
                long=True,
                max_length=_NOTE_LENGTH,
                placeholder=w(
                    "For example: I cannot find this payment yet. Which name did you send it from?"
                ),
            )
        ],
    )


def _used_before(used: ReferenceUsed, payment_id: str, claims: str, note: str, w: Words) -> Card:
    return Card(
        title=w("That note was used before"),
        text=sentence(used, w),
        colour="warn",
        # Discord shows a footer as it is, so the note comes back from there unchanged.
        footer=" ".join(note.split()),
        rows=[
            [
                Button(w("Approve all the same"), Target("claim:again", payment_id, claims), "danger"),
                Button(w("Back"), Target("claim:show", payment_id)),
            ]
        ],
    )


def _carried(visit: Visit) -> str:
    """The note that the warning card carries; empty when there is none, which is then refused."""
    message = visit.interaction.message
    footer = message.embeds[0].footer.text if message and message.embeds else None
    return footer or ""


def _gone(gone: OutOfStock, w: Words) -> str:
    return w(
        "This payment came after its hold had ended, and **{name}** is gone. "
        "Restock it and approve again, or reject and send the money back.",
        name=plain(gone.product_name),
    )
