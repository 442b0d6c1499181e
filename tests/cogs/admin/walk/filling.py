"""What people type into forms: what is asked for, and everything else."""

from collections.abc import Iterator, Mapping

from bot.sandbox import Form, Seen

_MOST = 4000
HOSTILE = (
    "**@everyone** <@&1> <@1> [x](https://evil.example) `a` ```b``` ~~c~~ ||d|| > e\n# f\n"
    "\u202eright to left\u202c \u200b\u200d\ufeff 👩‍👩‍👧‍👦🏳️‍🌈 "
    "{name} {0} {amount.__class__} %s =1+1 @SUM(A1) -2+3 "
    "<script> &amp; $gt {'$ne': 1} '; drop ../../etc \x00\x07\x1b[31m ẞß İı"
)
WRONG = (
    "letters", "-5", "0", "9" * _MOST, "NaN", "1e400", "٣٤", "²", "12,50,00", "2026-02-30", "=HYPERLINK(1)",
    "\u200b", "\x00", "9223372036854775808", "{name}", ";;;",
)  # fmt: skip
_LIKELY: Mapping[str, str] = {
    "price": "12.50",
    "sku": "NEW-1",
    "quantity": "3",
    "query": "a",
    "off": "10%",
    "place": "Springfield, IL",
    "country": "US",
}


def likely(form: Form) -> dict[str, str]:
    """What fills the form: what stands in it, its own example, or some word."""
    return {
        each.custom_id: str(each.value or _example(each.custom_id, each.placeholder, required=each.required))
        for each in form.fields
    }


def _example(name: str, placeholder: str, *, required: bool) -> str:
    if not required:
        return ""
    return _LIKELY.get(name) or placeholder.removesuffix("…") or "12"


def bad_fillings(form: Form) -> Iterator[tuple[str, dict[str, str]]]:
    """Each with its name: nothing, hostile and wrong texts in all fields, and in one field at a time."""
    names = {each.custom_id: each.node.get("max_length") or _MOST for each in form.fields}
    yield "nothing", dict.fromkeys(names, "")
    yield "spaces", dict.fromkeys(names, " \n\t ")
    yield "hostile", {name: (HOSTILE * 20)[:most] for name, most in names.items()}
    yield "beyond the limit", dict.fromkeys(names, "x" * _MOST)
    for wrong in WRONG:
        yield f"all {wrong[:20]!a}", {name: wrong[:most] for name, most in names.items()}
    good = likely(form)
    if len(names) > 1:
        for name, most in names.items():
            for wrong in ("", HOSTILE, "-5", "9" * most):
                yield f"{name} {wrong[:20]!a}", {**good, name: wrong[:most]}


async def send(form: Form, values: Mapping[str, str]) -> Seen:
    """Send a form as it is filled, also as no client would let it be."""
    parts = [
        {
            "type": part["type"],
            "id": at + 1,
            "component": {
                "type": part["component"]["type"],
                "id": at + 100,
                "custom_id": part["component"]["custom_id"],
                "value": values[part["component"]["custom_id"]],
            },
        }
        for at, part in enumerate(form.modal["components"])
    ]
    return await form.person.send_form(form, {"custom_id": form.custom_id, "components": parts})
