"""Webhooks as Square signs and sends them, ready as bytes, and connections that do nothing but send them."""

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import secrets
import socket
from collections.abc import Sequence
from functools import partial
from typing import Self

from bench.load import Act

KEY = "a-key-that-signs-what-square-delivers"
_serial = itertools.count()


def payment(order_id: str, cents: int, status: str = "COMPLETED") -> bytes:
    """The body of a `payment.updated` event that nobody has sent yet."""
    number = f"{next(_serial):08d}{secrets.token_hex(6)}"
    money = {"amount": cents, "currency": "USD"}
    found = {
        "id": f"PAY{number}",
        "created_at": "2026-11-23T11:59:51.086Z",
        "updated_at": "2026-11-23T11:59:58.174Z",
        "amount_money": money,
        "total_money": money,
        "approved_money": money,
        "status": status,
        "delay_duration": "PT168H",
        "delay_action": "CANCEL",
        "delayed_until": "2026-11-30T11:59:51.086Z",
        "source_type": "WALLET",
        "wallet_details": {
            "status": "CAPTURED",
            "brand": "CASH_APP",
            "cash_app_details": {"buyer_full_name": "Jane Doe", "buyer_cashtag": "$janedoe"},
        },
        "location_id": "L88917AVBK2S5",
        "order_id": f"ORD{number}",
        "note": order_id,
        "risk_evaluation": {"created_at": "2026-11-23T11:59:52.020Z", "risk_level": "NORMAL"},
        "processing_fee": [
            {"effective_at": "2026-11-23T13:59:52.000Z", "type": "INITIAL", "amount_money": money}
        ],
        "receipt_number": number[:4],
        "receipt_url": f"https://squareup.com/receipt/preview/{number}",
        "application_details": {"square_product": "ECOMMERCE_API", "application_id": "sq0idp-bench"},
        "version_token": secrets.token_hex(12),
        "version": 4,
    }
    event = {
        "merchant_id": "6SSW7HV8K2ST5",
        "type": "payment.updated",
        "event_id": f"evt-{number}",
        "created_at": "2026-11-23T11:59:58.174Z",
        "data": {"type": "payment", "id": found["id"], "object": {"payment": found}},
    }
    return json.dumps(event, separators=(",", ":")).encode()


def request(url: str, path: str, body: bytes) -> bytes:
    """A whole request to this path, signed for the registered address."""
    code = base64.b64encode(hmac.digest(KEY.encode(), url.encode() + body, hashlib.sha256)).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Square Connect v2\r\n"
        f"Accept: */*\r\nContent-Type: application/json\r\nX-Square-Hmacsha256-Signature: {code}\r\n"
        f"Square-Environment: Production\r\nSquare-Initial-Delivery-Timestamp: 2026-11-23T11:59:58Z\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection:
    """One connection that is kept; a client library would cost more than what is measured."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect to a port of this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def send(self, sent: bytes) -> int:
        """Send a request; the status of its answer, whose body must be empty."""
        self._writer.write(sent)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        assert status >= 400 or b"content-length: 0\r\n" in head.lower(), head
        return status

    async def close(self) -> None:
        """End the connection."""
        self._writer.close()
        await self._writer.wait_closed()


class Deliveries:
    """So many connections at once to one port."""

    def __init__(self, connections: Sequence[Connection]) -> None:
        self._free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
        for each in connections:
            self._free.put_nowait(each)

    @classmethod
    async def over(cls, port: int, connections: int) -> Self:
        """Open them."""
        return cls([await Connection.open(port) for _ in range(connections)])

    def acts(self, requests: Sequence[bytes]) -> list[Act]:
        """One delivery each, taken in with 200 or the measurement is void."""
        return [partial(self.deliver, sent) for sent in requests]

    async def deliver(self, sent: bytes) -> None:
        """Send one over a connection that is free."""
        connection = await self._free.get()
        status = await connection.send(sent)
        self._free.put_nowait(connection)
        assert status == 200, status

    async def close(self) -> None:
        """Close those that are free, which are all of them once the load is over."""
        while not self._free.empty():
            await self._free.get_nowait().close()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def until_open(port: int, timeout: float = 30.0) -> None:  # noqa: ASYNC109 - the caller's patience
    """Return once somebody listens on the port."""
    async with asyncio.timeout(timeout):
        while True:
            try:
                connection = await Connection.open(port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                await connection.close()
                return
