import pytest

from bot.sandbox.limits_modals import check_modal
from cogs._ui.form import Form, Input, filled
from cogs._ui.target import Target, guild_prefix, parse
from models.errors import RecordChanged
from tests.cogs.ui.test_card import NASTY

HERE = Target("cart:code")


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
@pytest.mark.parametrize("long", [True, False])
def test_whatever_is_written_discord_opens_the_form(text: str, long: bool) -> None:
    """Title, labels, hints, placeholders and values keep their limits."""
    inputs = [
        Input(f"k{at}", text, text, long=long, min_length=2, placeholder=text, hint=text) for at in range(5)
    ]
    check_modal(Form(text, HERE, inputs).payload(guild_prefix("12345678901234567890")), ())


def test_a_longer_value_than_expected_is_not_lost() -> None:
    """Editing a long description keeps all of it."""
    part = Input("text", "Text", "x" * 3000, max_length=1000).payload()["component"]
    assert (part["max_length"], len(part["value"])) == (3000, 3000)


def test_an_empty_value_is_not_sent() -> None:
    """Discord would check it against the least length."""
    assert "value" not in Input("text", "Text", min_length=3).payload()["component"]


@pytest.mark.parametrize("count", [0, 6])
def test_a_form_has_one_to_five_inputs(count: int) -> None:
    """Discord takes no others."""
    with pytest.raises(ValueError, match="1 to 5"):
        Form("A", HERE, [Input(str(at), "a") for at in range(count)]).payload()


def test_what_was_typed_is_read_by_its_key() -> None:
    """From labels and from classic rows alike, trimmed; what was left empty is empty."""
    data = {
        "components": [
            {"type": 18, "component": {"type": 4, "custom_id": "name", "value": "  Ada "}},
            {"type": 1, "components": [{"type": 4, "custom_id": "city", "value": "Bath"}]},
            {"type": 18, "component": {"type": 4, "custom_id": "phone", "value": None}},
            {"type": 10},
        ]
    }
    assert filled(data) == {"name": "Ada", "city": "Bath", "phone": ""}


def test_a_form_that_edits_knows_whether_it_still_shows_what_is_stored() -> None:
    """Its address carries a stamp of what stood in it, also in a DM; what is typed does not count."""
    seen = Form("A", HERE, [Input("name", "Name", "Mug")], edits=True)
    where = parse(seen.payload(guild_prefix("123"))["custom_id"])
    assert where == ("123", "cart:code", (seen.stamp,))
    Form("B", HERE, [Input("name", "Called", "Mug", max_length=9)], edits=True).still(seen.stamp)
    for other in ([Input("name", "Name", "Cup")], [Input("name", "Name", "Mug"), Input("price", "Price")]):
        with pytest.raises(RecordChanged):
            Form("A", HERE, other, edits=True).still(seen.stamp)


def test_a_form_that_makes_something_new_carries_no_stamp() -> None:
    """There is nothing that somebody else could have changed."""
    assert Form("A", HERE, [Input("name", "Name")]).payload()["custom_id"] == HERE.custom_id
