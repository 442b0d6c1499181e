"""The HTTP server: authorisation, faults and recording around the handlers, and the gateway's door."""

import asyncio
import json
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from bot.sandbox import (
    rest_channels,
    rest_commands,
    rest_entitlements,
    rest_guilds,
    rest_interactions,
    rest_messages,
)
from bot.sandbox.errors import JSON, ApiError, to_json
from bot.sandbox.faults import Fault, Faults, limited
from bot.sandbox.gateway import Gateway
from bot.sandbox.recording import Recorder, Request
from bot.sandbox.routing import Answer, Call, Match, Router
from bot.sandbox.uploads import Upload
from bot.sandbox.world import World

API = "/api/v10"
_UNAUTHORIZED: Answer = (401, {"message": "401: Unauthorized", "code": 0})
_NOT_FOUND: Answer = (404, {"message": "404: Not Found", "code": 0})
# These carry their own token, or are open to anyone.
_OPEN = ("/interactions/", "/webhooks/", "/gateway")
# Discord refuses larger requests, files and all.
_MAX_BODY = 25 * 1024 * 1024


class Server:
    """Binds 127.0.0.1 on a free port (or the given one) and answers as Discord."""

    def __init__(self, world: World, gateway: Gateway, faults: Faults, recorder: Recorder) -> None:
        self._world = world
        self._gateway = gateway
        self._faults = faults
        self._recorder = recorder
        self._router = Router(
            rest_commands.ROUTES,
            rest_channels.ROUTES,
            rest_messages.ROUTES,
            rest_guilds.ROUTES,
            rest_interactions.ROUTES,
            rest_entitlements.ROUTES,
        )
        self._runner = web.ServerRunner(
            web.Server(self._handle, access_log=None, request_factory=_request),
            handle_signals=False,
            shutdown_timeout=0.5,
        )

    async def start(self, port: int) -> None:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        bound = self._runner.addresses[0][1]
        self._world.origin = f"http://127.0.0.1:{bound}"

    async def stop(self) -> None:
        await self._gateway.close()
        await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.startswith(API):
            return await self._api(request, path[len(API) :])
        if path.rstrip("/") == "/gateway":
            return await self._gateway.serve(request)
        if path.startswith("/attachments/"):
            return self._attachment(path)
        return _json(*_NOT_FOUND, {})

    def _attachment(self, path: str) -> web.Response:
        number = path.split("/")[3]
        file = self._world.files.get(int(number)) if number.isdigit() else None
        if file is None:
            return _json(*_NOT_FOUND, {})
        return web.Response(body=file.content, content_type=file.payload["content_type"])

    async def _api(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        match = self._router.match(request.method, path)
        body, uploads = await _read(request)
        record = Request(
            request.method,
            path,
            match.template if match else None,
            match.params if match else {},
            dict(request.query),
            body,
            [upload.name for upload in uploads],
        )
        self._recorder.start(record)
        status, answer = 500, None
        try:
            response, status, answer = await self._answer(request, record, match, uploads)
        finally:
            self._recorder.end(record, status, answer)
        return response

    async def _answer(
        self, request: web.BaseRequest, record: Request, match: Match | None, uploads: list[Upload]
    ) -> tuple[web.StreamResponse, int, Any]:
        if not record.path.startswith(_OPEN) and (wait := self._faults.exhausted()):
            body, more = limited(wait, is_global=True)
            return _json(429, body, more), 429, body
        passes, headers = self._faults.window(record.method, record.path, record.template)
        fault = self._faults.take(record.method, record.path, record.template)
        if not passes:
            fault = Fault("", "", "limit", 1, seconds=float(headers["X-RateLimit-Reset-After"]))
        if fault and fault.kind == "limit":
            body, more = limited(fault.seconds, is_global=fault.is_global)
            return _json(429, body, headers | more), 429, body
        if fault and fault.kind == "status":
            if fault.done:
                self._decide(request, record, match, uploads)
            return _json(fault.status, _failure(fault.status), headers), fault.status, None
        if fault and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        status, answer = self._decide(request, record, match, uploads)
        if fault and fault.kind == "lose" and request.transport is not None:
            request.transport.abort()
        return _json(status, answer, headers), status, answer

    def _decide(
        self, request: web.BaseRequest, record: Request, match: Match | None, uploads: list[Upload]
    ) -> Answer:
        if not record.path.startswith(_OPEN) and not self._authorised(request):
            return _UNAUTHORIZED
        if match is None:
            return _NOT_FOUND
        call = Call(self._world, match.params, request.query, record.body, uploads)
        try:
            return match.handler(call)
        except ApiError as refusal:
            self._note(record, refusal)
            return refusal.status, refusal.body

    def _authorised(self, request: web.BaseRequest) -> bool:
        return request.headers.get("Authorization") == f"Bot {self._world.token}"

    def _note(self, record: Request, refusal: ApiError) -> None:
        """Keep a refusal with its interaction, so that a person who waits in vain learns why."""
        token = record.params.get("interaction_token") or record.params.get("webhook_token")
        interaction = self._world.interactions.get(token or "")
        if interaction is not None:
            interaction.refusals.append(f"{record.method} {record.template}: {json.dumps(refusal.body)}")


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_MAX_BODY)


async def _read(request: web.BaseRequest) -> tuple[Any, list[Upload]]:
    """Return the JSON body (or payload_json) and the files of a request."""
    if request.content_type == "multipart/form-data":
        return await _read_form(request)
    raw = await request.read()
    if not raw:
        return None, []
    try:
        return json.loads(raw), []
    except ValueError:
        return None, []


async def _read_form(request: web.BaseRequest) -> tuple[Any, list[Upload]]:
    body: JSON = {}
    uploads: list[Upload] = []
    async for part in await request.multipart():
        name = getattr(part, "name", None) or ""
        content = await part.read(decode=True)  # type: ignore[union-attr]  # nested multipart is not sent
        if name == "payload_json":
            body = json.loads(bytes(content))
        elif name.startswith("files["):
            filename = getattr(part, "filename", None) or "file"
            uploads.append(Upload(int(name[6:-1]), unquote(filename), bytes(content)))
    return body, uploads


def _failure(status: int) -> JSON:
    return {"message": f"{status}: Internal Server Error", "code": 0}


def _json(status: int, answer: Any, headers: dict[str, str]) -> web.Response:
    if answer is None:
        return web.Response(status=status, headers={"Via": "1.1 google", **headers})
    text = to_json(answer)
    return web.Response(
        status=status,
        body=text.encode(),
        headers={"Content-Type": "application/json", "Via": "1.1 google", **headers},
    )
