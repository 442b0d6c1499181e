"""Themes as staff see them: all of them, one with its picture, and what is filled in about it."""

from collections.abc import Sequence

from cogs._ui.card import Button, Card, Field, Option, Picture, Row, Select
from cogs._ui.form import Form, Input
from cogs._ui.swatch import squares
from cogs._ui.target import Target
from cogs._ui.text import cut, plain
from cogs._ui.theme_names import theme_name
from cogs._ui.theme_refusals import COLOURS
from cogs._ui.words import Words, later
from models.palette import own
from services.theme_desk import ThemeView

SURFACES: tuple[str, ...] = ("sidebar", "container", "section_bg", "text", "primary")
OTHERS: tuple[str, ...] = ("muted", "border", "success", "warning", "error")
_OF_SURFACES, _OF_OTHERS = later("Surfaces and text"), later("Other colours")
_TITLES = {SURFACES: _OF_SURFACES, OTHERS: _OF_OTHERS}
_NAME, _IN_MENU, _TYPED = 60, 25, 20


def theme_list(views: Sequence[ThemeView], w: Words) -> Card:
    """Every theme that the shop may wear."""
    worn = next((each for each in views if each.worn), None)
    rows: list[Row] = []
    if views:
        options = [_option(each, w) for each in views[:_IN_MENU]]
        rows = [Select(w("Open a theme"), Target("themes:open"), options)]
    if worn is not None:
        rows.append([Button(w("Stop wearing a theme"), Target("themes:bare"))])
    said = w("A theme colours your cards and invoices. Members can choose another for their own.")
    return Card(
        title=w("Themes"),
        text="\n".join([said, "", *(_line(each, w) for each in views)]),
        accent=worn.palette.accent if worn else None,
        rows=rows,
    )


def _option(view: ThemeView, w: Words, *, default: bool = False) -> Option:
    said = w("Your own") if view.mine else w("Comes with the shop")
    return Option(theme_name(view.theme, w), view.theme.key, description=said, default=default)


def _line(view: ThemeView, w: Words) -> str:
    worn = f" · ✅ {w('the shop wears it')}" if view.worn else ""
    return f"{squares(view.palette)} **{plain(theme_name(view.theme, w))}**{worn}"


def theme_card(view: ThemeView, others: Sequence[ThemeView], picture: bytes, w: Words) -> Card:
    """One theme as a page in its colours, and what can be done with it."""
    rows: list[Row] = []
    if view.mine:
        bases = [_option(each, w, default=each.theme.key == view.theme.base_theme_id) for each in others]
        if bases:
            to = Target("themes:base", view.theme.key, view.theme.version)
            rows.append(Select(w("Built on"), to, bases[:_IN_MENU]))
        rows.append(_own_buttons(view, w))
    rows.append(_buttons(view, w))
    return Card(
        title=plain(theme_name(view.theme, w)),
        text=_told(view, w),
        fields=[_colours(names, view, w) for names in (SURFACES, OTHERS)],
        accent=view.palette.accent,
        pictures=[Picture("theme.png", picture)],
        rows=rows,
    )


def _told(view: ThemeView, w: Words) -> str:
    said = [w("✅ The shop wears it.")] if view.worn else []
    if not view.mine:
        said.append(w("It comes with the shop. Make your own from it to change its colours."))
    elif view.base is not None:
        name = plain(theme_name(view.base, w))
        said.append(w("Built on **{base}**: what you leave empty is as there.", base=name))
    else:
        said.append(w("⚠️ What it was built on is gone. What you leave empty is as in Light."))
    return "\n".join(said)


def _colours(names: tuple[str, ...], view: ThemeView, w: Words) -> Field:
    mine = own(view.theme.overrides) if view.mine else {}
    lines = [
        f"`{getattr(view.palette, name)}` {w(COLOURS[name])}{' ✏️' if name in mine else ''}" for name in names
    ]
    return Field(w(_TITLES[names]), "\n".join(lines), inline=True)


def _own_buttons(view: ThemeView, w: Words) -> list[Button]:
    at = (view.theme.key, view.theme.version)
    return [
        Button(w(_OF_SURFACES), Target("themes:surfaces", *at), "primary"),
        Button(w(_OF_OTHERS), Target("themes:others", *at), "primary"),
        Button(w("Rename"), Target("themes:name", *at)),
        Button(w("Delete"), Target("themes:drop", *at), "danger"),
    ]


def _buttons(view: ThemeView, w: Words) -> list[Button]:
    if view.worn:
        wear = Button(w("Stop wearing it"), Target("themes:bare"))
    else:
        wear = Button(w("Wear it in the shop"), Target("themes:wear", view.theme.key), "success")
    new = Button(w("Make your own from it"), Target("themes:new", view.theme.key))
    return [wear, new, Button(w("All themes"), Target("themes:list"))]


def drop_card(view: ThemeView, w: Words) -> Card:
    """The question before a theme is deleted."""
    at = (view.theme.key, view.theme.version)
    return Card(
        title=w("Delete {name}?", name=plain(theme_name(view.theme, w))),
        text=w("Who wears it then looks as the shop does, or as it comes."),
        colour="warn",
        rows=[
            [
                Button(w("Yes, delete it"), Target("themes:dropped", *at), "danger"),
                Button(w("No, keep it"), Target("themes:show", view.theme.key), "primary"),
            ]
        ],
    )


def new_form(base: ThemeView, w: Words) -> Form:
    """What a new theme is called."""
    name = Input("name", w("Name of the theme"), max_length=_NAME)
    return Form(w("New theme"), Target("themes:new", base.theme.key), [name])


def name_form(view: ThemeView, w: Words) -> Form:
    """What a theme shall be called from now on."""
    name = Input("name", w("Name of the theme"), cut(view.theme.name, _NAME), max_length=_NAME)
    return Form(w("Rename"), Target("themes:name", view.theme.key, view.theme.version), [name])


def colours_form(view: ThemeView, names: tuple[str, ...], w: Words) -> Form:
    """Five colours; an empty one is as in the base."""
    mine = own(view.theme.overrides)
    inputs = [
        Input(
            name,
            w(COLOURS[name]),
            mine.get(name, ""),
            required=False,
            max_length=_TYPED,
            placeholder=getattr(view.palette, name),
        )
        for name in names
    ]
    action = "themes:surfaces" if names is SURFACES else "themes:others"
    return Form(w(_TITLES[names]), Target(action, view.theme.key, view.theme.version), inputs)
