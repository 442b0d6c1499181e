"""REST: who the bot is, where the gateway is, and its application commands."""

from bot.sandbox.commands import Scope
from bot.sandbox.errors import JSON, missing_access
from bot.sandbox.routing import NO_CONTENT, Answer, Call, Routes
from bot.sandbox.world import World


def get_gateway(call: Call) -> Answer:
    return 200, {"url": call.world.origin.replace("http", "ws", 1) + "/gateway"}


def get_gateway_bot(call: Call) -> Answer:
    return 200, {"url": call.world.origin.replace("http", "ws", 1) + "/gateway"} | call.world.gateway_bot()


def get_me(call: Call) -> Answer:
    return 200, call.world.bot.payload() | {
        "mfa_enabled": False,
        "verified": True,
        "email": None,
        "locale": "en-US",
    }


def application(world: World) -> JSON:
    owner = next((world.users[guild.owner_id] for guild in world.guilds.values()), world.bot)
    return {
        "id": str(world.application_id),
        "name": world.bot.name,
        "icon": None,
        "description": "",
        "summary": "",
        "rpc_origins": [],
        "bot_public": True,
        "bot_require_code_grant": False,
        "owner": owner.payload(),
        "team": None,
        "verify_key": "0" * 64,
        "flags": world.application_flags,
        "approximate_guild_count": len(world.guilds),
        "integration_types_config": {"0": {}},
        "bot": world.bot.payload(),
    }


def get_application(call: Call) -> Answer:
    return 200, application(call.world)


def _scope(call: Call) -> Scope:
    if call.params["application_id"] != str(call.world.application_id):
        raise missing_access()
    if "guild_id" not in call.params:
        return None
    if int(call.params["guild_id"]) not in call.world.guilds:
        raise missing_access()
    return int(call.params["guild_id"])


def list_commands(call: Call) -> Answer:
    return 200, call.world.commands.all(_scope(call))


def create_command(call: Call) -> Answer:
    is_new, command = call.world.commands.put(_scope(call), call.body or {})
    return 201 if is_new else 200, command


def replace_commands(call: Call) -> Answer:
    return 200, call.world.commands.replace_all(_scope(call), call.body or [])


def get_command(call: Call) -> Answer:
    return 200, call.world.commands.get(_scope(call), call.params["command_id"])


def change_command(call: Call) -> Answer:
    return 200, call.world.commands.change(_scope(call), call.params["command_id"], call.body or {})


def delete_command(call: Call) -> Answer:
    call.world.commands.remove(_scope(call), call.params["command_id"])
    return NO_CONTENT


_GLOBAL = "/applications/{application_id}/commands"
_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"

ROUTES: Routes = {
    ("GET", "/gateway"): get_gateway,
    ("GET", "/gateway/bot"): get_gateway_bot,
    ("GET", "/users/@me"): get_me,
    ("GET", "/applications/@me"): get_application,
    ("GET", "/oauth2/applications/@me"): get_application,
    **{("GET", base): list_commands for base in (_GLOBAL, _GUILD)},
    **{("POST", base): create_command for base in (_GLOBAL, _GUILD)},
    **{("PUT", base): replace_commands for base in (_GLOBAL, _GUILD)},
    **{("GET", base + "/{command_id}"): get_command for base in (_GLOBAL, _GUILD)},
    **{("PATCH", base + "/{command_id}"): change_command for base in (_GLOBAL, _GUILD)},
    **{("DELETE", base + "/{command_id}"): delete_command for base in (_GLOBAL, _GUILD)},
}
