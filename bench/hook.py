"""The bare handler that the webhooks are measured against: checks an HMAC, inserts one document, answers."""

import base64
import hashlib
import hmac
import os
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from motor.motor_asyncio import AsyncIOMotorClient


async def make_app() -> web.Application:
    """The application over the database that the environment names."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(os.environ["HOOK_DATABASE"])
    rows = client["hook"]["events"]
    url, key = os.environ["HOOK_URL"].encode(), os.environ["HOOK_KEY"].encode()

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        expected = base64.b64encode(hmac.digest(key, url + body, hashlib.sha256)).decode()
        if not hmac.compare_digest(expected, request.headers.get("x-square-hmacsha256-signature", "")):
            return web.Response(status=400)
        await rows.insert_one({"body": body, "receivedAt": datetime.now(UTC)})
        return web.Response()

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    return app


if __name__ == "__main__":
    web.run_app(make_app(), host="127.0.0.1", port=int(os.environ["HOOK_PORT"]), access_log=None, print=None)
