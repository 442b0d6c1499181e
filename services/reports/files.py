"""A report as a file: CSV as spreadsheets read it, and JSON with the data dictionary's names."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any

from models.money import decimal_text
from services.cells import harmless
from services.reports.contract import Cell, Column, Table, Unit, Word
from services.reports.desk import Shown

type Say = Callable[[str], str]


def _as_it_is(text: str) -> str:
    return text


def csv_of(shown: Shown, *, personal: bool = False, say: Say = _as_it_is) -> bytes:
    """The table in UTF-8 as spreadsheets read it; `say` translates our own words."""
    table = visible(shown.table, personal=personal, say=say)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([harmless(say(column.label)) for column in table.columns])
    for row in table.rows:
        cells = zip(table.columns, row, strict=True)
        writer.writerow([_written(column, cell, shown.currency, say) for column, cell in cells])
    return text.getvalue().encode("utf-8-sig")


def json_of(shown: Shown, *, personal: bool = False) -> bytes:
    """The result, with what it is about; amounts in minor units."""
    told: dict[str, Any] = {
        "reportType": shown.report.type,
        "period": {
            "from": shown.period.first.isoformat(),
            "to": shown.period.last.isoformat(),
            "timeZone": shown.period.zone,
        },
        "currency": shown.currency if shown.report.of_money else None,
        "computedAt": shown.at.isoformat(timespec="seconds"),
        "report": shown.payload(personal=personal),
    }
    return json.dumps(told, ensure_ascii=False, indent=2).encode()


def visible(table: Table, *, personal: bool, say: Say = _as_it_is) -> Table:
    """The table; unless asked for, with Customer 1, Customer 2 instead of who somebody is."""
    if personal or not any(column.personal for column in table.columns):
        return table
    return Table(
        table.columns,
        [
            [_nobody(column, cell, at, say) for column, cell in zip(table.columns, row, strict=True)]
            for at, row in enumerate(table.rows, start=1)
        ],
    )


def _nobody(column: Column, cell: Cell, at: int, say: Say) -> Cell:
    return f"{say('Customer')} {at}" if column.personal else cell


def _written(column: Column, cell: Cell, currency: str, say: Say) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int | float):
        # A number is a number, also below zero.
        return decimal_text(int(cell), currency) if column.unit is Unit.MONEY else str(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    return harmless(say(cell) if isinstance(cell, Word) else cell)
