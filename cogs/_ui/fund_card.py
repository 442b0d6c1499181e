"""The community fund as everybody may see it, and giving to it outside a purchase."""

from cogs._ui.card import Button, Card, Field, Option, Row, Select
from cogs._ui.gift_step import amount_rows, gift_question, given_note, hiding, notice
from cogs._ui.paying import method_name
from cogs._ui.target import Target
from cogs._ui.text import cut, marked, plain
from cogs._ui.words import Words, later
from models.fund import CommunityFundConfig
from models.fund_ledger import FundMove
from models.payment_method import PaymentMethod
from services.donations import Gift
from services.fund_desk import Book, Movement
from services.fund_rules import filled
from services.payments.contract import MethodDescriptor

_NAME_LENGTH = 60
_MOST_OPTIONS = 25
_MOVES = {
    FundMove.CONTRIBUTION: later("Somebody gave {amount}"),
    FundMove.RETURNED: later("{amount} went back with a refund"),
    FundMove.RESTORED: later("{amount} came back: a refund did not go through"),
    FundMove.DISBURSEMENT: later("{amount} was paid out"),
    FundMove.REVERSAL: later("{amount} was put back: a payment was a mistake"),
}


def celebration(rules: CommunityFundConfig, donor: str | None, amount: str, w: Words) -> str:
    """What the community is told of a gift; nothing of who gave it when `donor` is None.

    A message that nobody has changed is ours, and there in every language.
    """
    if donor is None:
        return filled(marked(w(rules.anonymous_message_template)), donor=None, amount=amount)
    name = plain(cut(donor, _NAME_LENGTH))
    return filled(marked(w(rules.celebration_message_template)), donor=name, amount=amount)


def info_card(book: Book, rules: CommunityFundConfig, w: Words) -> Card:
    """What is in the fund, what came in and went out, and the latest of it."""
    money, sums = book.balance.currency, book.balance
    fields = [
        Field(w("In the fund"), f"**{w.money(sums.balance_cents, money)}**", inline=True),
        Field(w("Given so far"), w.money(sums.in_cents, money), inline=True),
        Field(w("Paid out so far"), w.money(sums.out_cents, money), inline=True),
    ]
    if book.movements:
        fields.append(Field(w("Latest"), "\n".join(_line(each, w) for each in book.movements)))
    closed = w("The fund takes no gifts at the moment.")
    give = [Button(w("Give something"), Target("fund:donate"), "success")] if rules.enabled else []
    return Card(
        title=w("Community fund"),
        text="\n\n".join([*([] if rules.enabled else [closed]), notice(rules.disclaimer_text, w)]),
        fields=fields,
        rows=[[*give, Button(w("Look again"), Target("fund:info"), emoji="🔄")]],
    )


def _line(each: Movement, w: Words) -> str:
    return f"{w.when(each.entry.at, 'd')} · {public_move(each, w)}"


def public_move(each: Movement, w: Words) -> str:
    """A movement as everybody may know it: who gave, unless that is a secret, and no more."""
    entry, gift = each.entry, each.contribution
    amount = w.money(abs(entry.amount_cents), entry.currency)
    named = gift is not None and not gift.anonymous and each.customer is not None
    if entry.move is FundMove.CONTRIBUTION and named and each.customer:
        name = plain(cut(each.customer.discord_display_name, _NAME_LENGTH))
        return w("{name} gave {amount}", name=name, amount=amount)
    return w(_MOVES[entry.move], amount=amount)


def amount_card(
    rules: CommunityFundConfig, currency: str, w: Words, *, anonymous: bool, note: str | None = None
) -> Card:
    """How much somebody would like to give."""
    hidden = int(anonymous)
    more = [Button(w("Another amount"), Target("fund:custom", hidden))] if rules.custom_amount_allowed else []
    return Card(
        title=w("Community fund"),
        text=gift_question(rules, w, anonymous=anonymous),
        rows=[
            *amount_rows(rules, currency, lambda cents: Target("fund:amount", cents, hidden), w),
            [*more, *hiding(rules, Target("fund:hide", 1 - hidden), w, anonymous=anonymous), _to_fund(w)],
        ],
        note=note,
    )


def _to_fund(w: Words) -> Button:
    return Button(w("The fund"), Target("fund:info"))


def pay_card(
    rules: CommunityFundConfig,
    ways: list[MethodDescriptor],
    gift: Gift,
    currency: str,
    w: Words,
    *,
    note: str | None = None,
) -> Card:
    """How they would like to pay it."""
    said = w("This shop cannot take payments yet. Please tell its staff.")
    rows: list[Row] = []
    if ways:
        said = w("How would you like to pay?")
        options = [
            Option(w(each.display_name), each.value, w(each.description), emoji=each.icon)
            for each in ways[:_MOST_OPTIONS]
        ]
        rows = [Select(w("Choose how to pay"), Target("fund:pay", gift.cents, int(gift.anonymous)), options)]
    return Card(
        title=w("Community fund"),
        text=f"{said}\n\n{notice(rules.disclaimer_text, w)}",
        fields=[_sum(gift, currency, w)],
        rows=[*rows, [_other_amount(gift, w)]],
        colour="plain" if ways else "warn",
        note=note,
    )


def review_card(rules: CommunityFundConfig, gift: Gift, currency: str, w: Words) -> Card:
    """Everything once more, with Confirm the gift; its button carries what was seen."""
    paid_by = Field(w("You pay with"), method_name(PaymentMethod(gift.method), w), inline=True)
    hidden = int(gift.anonymous)
    confirm = Target("fund:confirm", gift.key, gift.cents, hidden, gift.method)
    asked = w("Is everything right? With **Confirm the gift** you promise it; you pay right after.")
    said = [asked, given_note(rules.disclaimer_text, w, anonymous=gift.anonymous)]
    return Card(
        title=w("Community fund"),
        text="\n\n".join(said),
        fields=[_sum(gift, currency, w), paid_by],
        rows=[
            [
                Button(w("Confirm the gift"), confirm, "success"),
                Button(w("Change the payment"), Target("fund:amount", gift.cents, hidden)),
                _other_amount(gift, w),
            ]
        ],
    )


def _sum(gift: Gift, currency: str, w: Words) -> Field:
    return Field(w("Your gift"), f"**{w.money(gift.cents, currency)}**", inline=True)


def _other_amount(gift: Gift, w: Words) -> Button:
    return Button(w("Change the gift"), Target("fund:hide", int(gift.anonymous)))
