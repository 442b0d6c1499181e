"""What Discord refuses in buttons, select menus and Components V2 layouts."""

from typing import Any

from bot.sandbox.errors import JSON, Path, Problems

ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
AUTO_SELECTS = (5, 6, 7, 8)
SECTION, TEXT_DISPLAY, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL = 9, 10, 11, 12, 13, 14, 17, 18
LINK_STYLE, PREMIUM_STYLE = 5, 6
MAX_ROWS, MAX_LAYOUT, MAX_LAYOUT_TEXT = 5, 40, 4000
_TOP_LEVEL = (ROW, SECTION, TEXT_DISPLAY, GALLERY, FILE, SEPARATOR, CONTAINER)
_LINKS = ("http://", "https://", "discord://")


def check_components(components: Any, path: Path, problems: Problems) -> None:
    """Check action rows of a message without Components V2."""
    ids: set[str] = set()
    for index, row in enumerate(problems.items(components, path, 0, MAX_ROWS)):
        here = (*path, index)
        if row.get("type") != ROW:
            problems.add((*here, "type"), "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1,).')
            continue
        _check_row(row, here, problems, ids)


def check_layout(components: Any, path: Path, problems: Problems) -> None:
    """Check a Components V2 tree: kinds, total count and text, and everything that can be pressed."""
    count = text = 0
    ids: set[str] = set()
    for node, here in _walk(problems.items(components, path, 1, MAX_LAYOUT), path):
        count += 1
        kind = node.get("type")
        if len(here) == len(path) + 1 and kind not in _TOP_LEVEL:
            problems.add((*here, "type"), "UNION_TYPE_CHOICES", f"Type {kind} cannot stand alone.")
        if kind == ROW:
            _check_row(node, here, problems, ids)
        elif kind == TEXT_DISPLAY:
            problems.text(node.get("content"), (*here, "content"), MAX_LAYOUT_TEXT, low=1, needed=True)
            text += len(node.get("content") or "")
        elif kind == SECTION:
            problems.items(node.get("components"), (*here, "components"), 1, 3)
    if count > MAX_LAYOUT:
        problems.add(path, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "Too many components (40).")
    if text > MAX_LAYOUT_TEXT:
        problems.add(path, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", "Too much text (4000).")


def _walk(components: list[Any], path: Path) -> list[tuple[JSON, Path]]:
    found: list[tuple[JSON, Path]] = []
    for index, node in enumerate(components):
        here = (*path, index)
        found.append((node, here))
        found += _walk(node.get("components") or [], (*here, "components"))
        if isinstance(node.get("accessory"), dict):
            found.append((node["accessory"], (*here, "accessory")))
    return found


def _check_row(row: JSON, path: Path, problems: Problems, ids: set[str]) -> None:
    here = (*path, "components")
    children = problems.items(row.get("components"), here, 1, 5)
    selects = [child for child in children if child.get("type") != BUTTON]
    if selects and len(children) > 1:
        problems.add(
            here, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width"
        )
    for index, child in enumerate(children):
        kind = child.get("type")
        if kind == BUTTON:
            _check_button(child, (*here, index), problems)
        elif kind == STRING_SELECT or kind in AUTO_SELECTS:
            check_select(child, (*here, index), problems)
        else:
            problems.add((*here, index, "type"), "UNION_TYPE_CHOICES", f"Type {kind} is not allowed here.")
        check_custom_id_unique(child, (*here, index), problems, ids)


def check_custom_id_unique(child: JSON, path: Path, problems: Problems, ids: set[str]) -> None:
    custom_id = child.get("custom_id")
    if custom_id is None:
        return
    if custom_id in ids:
        problems.add(
            (*path, "custom_id"),
            "COMPONENT_CUSTOM_ID_DUPLICATED",
            "Component custom id cannot be duplicated",
        )
    ids.add(custom_id)


def _check_button(button: JSON, path: Path, problems: Problems) -> None:
    style = button.get("style")
    problems.whole(style if style is not None else 0, (*path, "style"), 1, 6)
    problems.text(button.get("label"), (*path, "label"), 80)
    if style == LINK_STYLE:
        address = button.get("url")
        problems.text(address, (*path, "url"), 512, needed=True)
        if address and not str(address).startswith(_LINKS):
            problems.add(
                (*path, "url"), "URL_TYPE_INVALID_SCHEME", "Scheme must be one of http, https, discord."
            )
    if style in (LINK_STYLE, PREMIUM_STYLE):
        if button.get("custom_id"):
            problems.add(
                path, "BUTTON_COMPONENT_CUSTOM_ID_URL", "A custom id and url cannot both be specified"
            )
    else:
        problems.text(button.get("custom_id"), (*path, "custom_id"), 100, low=1, needed=True)
        if button.get("url"):
            problems.add(
                path, "BUTTON_COMPONENT_CUSTOM_ID_URL", "A custom id and url cannot both be specified"
            )
    _check_emoji(button.get("emoji"), (*path, "emoji"), problems)
    if style != PREMIUM_STYLE and not button.get("label") and not button.get("emoji"):
        problems.add(path, "BUTTON_COMPONENT_LABEL_REQUIRED", "A button needs a label or an emoji")


def _check_emoji(emoji: Any, path: Path, problems: Problems) -> None:
    """Refuse what is neither a custom emoji's id nor a Unicode emoji."""
    if emoji and not emoji.get("id") and (not emoji.get("name") or emoji["name"].isascii()):
        problems.add((*path, "name"), "BUTTON_COMPONENT_INVALID_EMOJI", "Invalid emoji")


def check_select(select: JSON, path: Path, problems: Problems) -> None:
    problems.text(select.get("custom_id"), (*path, "custom_id"), 100, low=1, needed=True)
    problems.text(select.get("placeholder"), (*path, "placeholder"), 150)
    low, high = select.get("min_values"), select.get("max_values")
    problems.whole(low, (*path, "min_values"), 0, 25)
    problems.whole(high, (*path, "max_values"), 1, 25)
    if isinstance(low, int) and low > (high if isinstance(high, int) else 1):
        problems.add((*path, "min_values"), "SELECT_COMPONENT_MIN_MAX", "min_values is above max_values")
    if select.get("type") == STRING_SELECT:
        _check_options(select, path, problems)


def _check_options(select: JSON, path: Path, problems: Problems) -> None:
    here = (*path, "options")
    options = problems.items(select.get("options"), here, 1, 25)
    values: set[str] = set()
    for index, option in enumerate(options):
        problems.text(option.get("label"), (*here, index, "label"), 100, low=1, needed=True)
        problems.text(option.get("value"), (*here, index, "value"), 100, low=1, needed=True)
        problems.text(option.get("description"), (*here, index, "description"), 100)
        _check_emoji(option.get("emoji"), (*here, index, "emoji"), problems)
        if option.get("value") in values:
            problems.add(
                (*here, index, "value"),
                "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                "The specified option value is already used",
            )
        values.add(option.get("value"))
    high = select.get("max_values") or 1
    if high > max(len(options), 1):
        problems.add((*path, "max_values"), "SELECT_COMPONENT_MAX_VALUES", "max_values is above the options")
    if sum(bool(option.get("default")) for option in options) > high:
        problems.add(here, "SELECT_COMPONENT_TOO_MANY_DEFAULTS", "More defaults than max_values")
