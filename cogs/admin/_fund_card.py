"""The community fund as those see it who manage it or pay out of it."""

from collections.abc import Sequence

from cogs._ui.card import (
    Button,
    Card,
    Field,
    Option,
    PickChannel,
    PickUser,
    Picture,
    Row,
    Select,
    code,
    plain,
)
from cogs._ui.days import month_in_words
from cogs._ui.desk import Visit
from cogs._ui.fund_card import celebration, public_move
from cogs._ui.gift_step import notice
from cogs._ui.stamp import stamp_of
from cogs._ui.target import Target
from cogs._ui.text import cut
from cogs._ui.words import Words
from cogs.admin._paging import pager
from cogs.admin._reach import known_channel, writing_warning
from models.fund import CommunityFundConfig
from models.fund_ledger import FundBalance, FundMove
from services.fund_desk import Book, Movement

_MOST_OPTIONS = 25
_REASON_LENGTH = 60
_NAME_LENGTH = 40


def fund_card(
    visit: Visit,
    rules: CommunityFundConfig,
    book: Book,
    others: Sequence[FundBalance],
    role_names: Sequence[str],
    *,
    pays: bool,
    manages: bool,
    rules_all: bool,
) -> Card:
    """The fund's money and rules, with what this person may do about them."""
    w = visit.words
    warning = writing_warning(visit, rules.celebration_channel_id)
    state = (
        w("The fund takes gifts.") if rules.enabled else w("The fund is off: nobody is asked for anything.")
    )
    rows: list[Row] = [_book_buttons(w, pays=pays)]
    if manages:
        rows += [_rule_buttons(rules, w), _channel(visit, rules)]
    if rules_all:
        rows += _approvers(rules, role_names, w)
    return Card(
        title=w("Community fund"),
        text="\n".join([state, *([f"⚠️ {warning}"] if warning else [])]),
        fields=[*_money(book.balance, others, w), *_terms(visit, rules, book.balance.currency)],
        colour="warn" if warning or book.balance.balance_cents < 0 else "plain",
        rows=rows,
    )


def _money(sums: FundBalance, others: Sequence[FundBalance], w: Words) -> list[Field]:
    fields = [
        Field(w("In the fund"), f"**{w.money(sums.balance_cents, sums.currency)}**", inline=True),
        Field(w("Given so far"), w.money(sums.in_cents, sums.currency), inline=True),
        Field(w("Paid out so far"), w.money(sums.out_cents, sums.currency), inline=True),
    ]
    if others:
        left = ", ".join(w.money(each.balance_cents, each.currency) for each in others)
        fields.append(Field(w("Left in other currencies"), left))
    return fields


def _terms(visit: Visit, rules: CommunityFundConfig, currency: str) -> list[Field]:
    w, none = visit.words, visit.words("none")
    amounts = " · ".join(w.money(cents, currency) for cents in rules.allowed_amounts_cents)
    low, high = rules.custom_amount_min_cents, rules.custom_amount_max_cents
    other = w("From {low} to {high}", low=w.money(low, currency), high=w.money(high, currency))
    channel = f"<#{rules.celebration_channel_id}>" if rules.celebration_channel_id else none
    names = ", ".join(plain(cut(name, _NAME_LENGTH)) for name in rules.disbursement_approval_roles)
    example = w.money(next(iter(rules.allowed_amounts_cents), low), currency)
    donor = visit.member.display_name
    return [
        Field(w("Amounts"), amounts or none, inline=True),
        Field(w("Another amount"), other if rules.custom_amount_allowed else w("not taken"), inline=True),
        Field(w("Anonymous gifts"), w("taken") if rules.anonymity_allowed else w("not taken"), inline=True),
        Field(w("Told in"), channel, inline=True),
        Field(
            w("Who may pay out"), f"{w('the owner, the admins')}{f', {names}' if names else ''}", inline=True
        ),
        Field(w("Message with the name"), celebration(rules, donor, example, w)),
        Field(w("Message without the name"), celebration(rules, None, example, w)),
        Field(w("Notice"), notice(rules.disclaimer_text, w)),
    ]


def _book_buttons(w: Words, *, pays: bool) -> list[Button]:
    pay = [Button(w("Pay out"), Target("fundbook:whom"), "primary")] if pays else []
    return [
        *pay,
        Button(w("History"), Target("fundbook:page", 0)),
        Button(w("Statement"), Target("fundbook:months")),
        Button(w("Look again"), Target("fundbook:open")),
    ]


def _rule_buttons(rules: CommunityFundConfig, w: Words) -> list[Button]:
    on = Button(w("Switch on"), Target("fundrule:on"), "success")
    off = Button(w("Switch off"), Target("fundrule:off"), "danger")
    named = Button(w("Take no anonymous gifts"), Target("fundrule:named"))
    secret = Button(w("Take anonymous gifts"), Target("fundrule:secret"))
    return [
        off if rules.enabled else on,
        Button(w("Amounts"), Target("fundrule:amounts")),
        Button(w("Messages and notice"), Target("fundrule:texts")),
        named if rules.anonymity_allowed else secret,
    ]


def _channel(visit: Visit, rules: CommunityFundConfig) -> PickChannel:
    return PickChannel(
        visit.words("Where gifts are told (empty: nowhere)"),
        Target("fundrule:channel"),
        min_values=0,
        defaults=known_channel(visit, rules.celebration_channel_id),
    )


def _approvers(rules: CommunityFundConfig, role_names: Sequence[str], w: Words) -> list[Row]:
    chosen = rules.disbursement_approval_roles
    names = list(dict.fromkeys([*chosen, *role_names]))[:_MOST_OPTIONS]
    if not names:
        return []
    options = [Option(name, name, default=name in chosen) for name in names]
    to = Target("fundrule:approvers", stamp_of(chosen))
    return [Select(w("Roles that may pay out"), to, options, 0, len(options))]


def history_card(book: Book, w: Words, *, pays: bool) -> Card:
    """A page of movements, and a way to take back what was paid out by mistake."""
    rows: list[Row] = []
    open_ones = [each for each in book.movements if _reversible(each)] if pays else []
    if open_ones:
        options = [_option(each, w) for each in open_ones]
        rows.append(Select(w("Take a payment back that was a mistake"), Target("fundbook:undo"), options))
    rows.append(pager(w, "fundbook:page", book.page, book.pages))
    rows.append([Button(w("The fund"), Target("fundbook:open"))])
    return Card(
        title=w("History of the fund"),
        text="\n".join(_line(each, w) for each in book.movements) or w("Nothing has come in yet."),
        footer=w.money(book.balance.balance_cents, book.balance.currency),
        rows=[row for row in rows if row],
    )


def _reversible(each: Movement) -> bool:
    paid = each.disbursement
    return each.entry.move is FundMove.DISBURSEMENT and paid is not None and paid.reversed_at is None


def _option(each: Movement, w: Words) -> Option:
    paid, name = each.disbursement, each.customer.discord_display_name if each.customer else "?"
    amount = w.money(-each.entry.amount_cents, each.entry.currency)
    return Option(
        f"{amount} · {cut(name, _NAME_LENGTH)}",
        paid.key if paid else "",
        description=cut(paid.reason, _REASON_LENGTH) if paid else None,
    )


def _line(each: Movement, w: Words) -> str:
    """A movement with what the staff know of it; who gave in secret is named on the order alone."""
    said = f"{w.when(each.entry.at, 'd')} · {public_move(each, w)}"
    if each.order_number:
        said += f" · {code(each.order_number)}"
    paid = each.disbursement
    if paid is None:
        return said
    undone = each.entry.move is FundMove.REVERSAL
    who, why = (paid.reversed_by, paid.reversal_reason) if undone else (paid.approved_by, paid.reason)
    to = f" → <@{each.customer.discord_id}>" if each.customer else ""
    quoted = w("“{reason}”", reason=plain(cut(why or "", _REASON_LENGTH)))
    return f"{said}{to} · <@{who}>: {quoted}"


def whom_card(w: Words) -> Card:
    """Who gets money out of the fund."""
    return Card(
        title=w("Pay out of the fund"),
        text=w(
            "Choose who gets it; then I ask how much and why. I only keep the books: "
            "send the money yourself. Everything is in the audit log and told in the staff channel."
        ),
        rows=[
            PickUser(w("Who gets it?"), Target("fundbook:whom")),
            [Button(w("The fund"), Target("fundbook:open"))],
        ],
    )


def months_card(months: Sequence[str], w: Words, *, data: bytes | None = None, month: str = "") -> Card:
    """Which month's statement, and the one that was asked for."""
    options = [Option(month_in_words(each, w), each) for each in months]
    pick = Select(w("Choose a month"), Target("fundbook:months"), options)
    said = w("Every movement of a month with the balance after it, as a table. Months are in UTC.")
    return Card(
        title=w("Statement"),
        text=said,
        rows=[pick, [Button(w("The fund"), Target("fundbook:open"))]],
        pictures=[Picture(f"fund-{month}.csv", data, shown=False)] if data is not None else [],
    )
