"""What people write on a parcel's form is read exactly, or asked for again; never guessed."""

import contextlib
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import BadInput
from services.shipping.contract import Box
from services.shipping.measures import MAX_GRAMS, MAX_MM, read_box, read_size, read_weight

GRAMS = {
    "g": Decimal(1),
    "kg": Decimal(1000),
    "oz": Decimal("28.349523125"),
    "lb": Decimal("453.59237"),
}
MILLIMETRES = {"mm": Decimal(1), "cm": Decimal(10), "in": Decimal("25.4")}


def half_up(exact: Decimal) -> int:
    """As the scale would show it, never nothing."""
    return max(1, int(exact.quantize(Decimal(1), ROUND_HALF_UP)))


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("250 g", 250),
        ("1,2 kg", 1200),
        ("1.250 kg", 1250),
        ("1 kg 200 g", 1200),
        ("8 oz", 227),
        ("1.5 lb", 680),
        (" 2 LB  4 OZ ", 1021),
        ("2lbs. 4oz.", 1021),
        ("3 Pounds", 1361),
        ("0.01 g", 1),
        ("70 kg", 70_000),
    ],
)
def test_weights_are_read(text: str, grams: int) -> None:
    """In either system, with point or comma, with or without spaces."""
    assert read_weight(text) == grams


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("20 x 15 x 10 cm", (200, 150, 100)),
        ("8x6x4 in", (203, 152, 102)),
        ('8" \N{MULTIPLICATION SIGN} 6" \N{MULTIPLICATION SIGN} 4.5"', (203, 152, 114)),
        ("20 cm * 15 cm * 10 mm", (200, 150, 10)),
        ("1,2 x 0,5 x 0.3 m", (1200, 500, 300)),
    ],
)
def test_sizes_are_read(text: str, sides: tuple[int, int, int]) -> None:
    """Three sides; the last unit holds for those that have none."""
    assert read_size(text) == sides


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("250", "no_unit"),
        ("1 kg 200", "no_unit"),
        ("1,250 g", "example"),
        ("1.250 oz", "example"),
        ("2 stone", "example"),
        ("4 oz 2 lb", "example"),
        ("1 kg 1 kg", "example"),
        ("-1 g", "example"),
        ("1e3 g", "example"),
        ("٣ g", "example"),
        ("heavy", "example"),
        ("", "example"),
        ("1 g " * 1000, "example"),
        ("0 g", "too_small"),
        ("70.01 kg", "most"),
        ("999999 lb", "most"),
    ],
)
def test_a_weight_that_could_mean_two_things_is_asked_for_again(text: str, problem: str) -> None:
    """A thousand and a fraction look the same in small units, and a number alone is no weight."""
    with pytest.raises(BadInput) as wrong:
        read_weight(text)
    assert (wrong.value.field, wrong.value.problem) == ("weight", problem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("20 x 15 x 10", "no_unit"),
        ("20 cm x 15 x 10", "no_unit"),
        ("20 x 15 cm", "example"),
        ("1 x 1 x 1 x 1 cm", "example"),
        ("1,200 x 1 x 1 mm", "example"),
        ("a x b x c cm", "example"),
        ("1 x x 1 cm", "example"),
        ("1" * 4000, "example"),
        ("0 x 1 x 1 cm", "too_small"),
        ("1 x 1 x 301 cm", "most"),
    ],
)
def test_a_size_that_is_none_is_asked_for_again(text: str, problem: str) -> None:
    """All three sides, each more than nothing and none longer than three metres."""
    with pytest.raises(BadInput) as wrong:
        read_size(text)
    assert (wrong.value.field, wrong.value.problem) == ("size", problem)


amounts = st.decimals(min_value="0.01", max_value="99", places=2)
spaces = st.sampled_from(["", " ", "  "])
marks = st.sampled_from([".", ","])


@given(amount=amounts, unit=st.sampled_from(sorted(GRAMS)), space=spaces, mark=marks)
def test_every_weight_is_exact_half_up(amount: Decimal, unit: str, space: str, mark: str) -> None:
    """Whatever the unit and the decimal mark; or it is too much for any carrier."""
    exact, text = amount * GRAMS[unit], f"{amount}{space}{unit}".replace(".", mark)
    if exact > MAX_GRAMS:
        with pytest.raises(BadInput):
            read_weight(text)
    else:
        assert read_weight(text) == half_up(exact)


@given(pounds=st.integers(0, 150), ounces=amounts, space=spaces)
def test_pounds_and_ounces_are_added_before_rounding(pounds: int, ounces: Decimal, space: str) -> None:
    """Never each for itself."""
    exact = pounds * GRAMS["lb"] + ounces * GRAMS["oz"]
    if exact <= MAX_GRAMS:
        assert read_weight(f"{pounds}{space}lb{space}{ounces}{space}oz") == half_up(exact)


@given(sides=st.tuples(amounts, amounts, amounts), unit=st.sampled_from(sorted(MILLIMETRES)), space=spaces)
def test_every_size_is_exact_half_up(sides: tuple[Decimal, Decimal, Decimal], unit: str, space: str) -> None:
    """Each side for itself."""
    exact = [side * MILLIMETRES[unit] for side in sides]
    text = f"{space}x{space}".join(map(str, sides)) + unit
    if max(exact) <= MAX_MM:
        assert read_size(text) == tuple(map(half_up, exact))
        assert read_box("1 kg", text) == Box(1000, *map(half_up, exact))


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Within bounds, or with a sentence."""
    for read in (read_weight, read_size):
        with contextlib.suppress(BadInput):
            found = read(text)
            assert all(1 <= each <= MAX_GRAMS for each in (found if isinstance(found, tuple) else [found]))
