"""Everything that the doctor may find, with what helps, by its word."""

from typing import NamedTuple

from cogs._ui.words import later


class Said(NamedTuple):
    """What is wrong, and what helps; `{names}` are filled in from the finding."""

    wrong: str
    remedy: str


PERMISSIONS = {
    "manage_roles": later("Manage Roles"),
    "view_channel": later("View Channels"),
    "send_messages": later("Send Messages"),
    "embed_links": later("Embed Links"),
    "attach_files": later("Attach Files"),
}
CHANNELS = {
    "announcement_channel_id": later("the staff channel"),
    "admin_channel_id": later("the second staff channel"),
    "default_order_channel_id": later("the channel for new orders"),
}
_SEALING = later("I am sealing them anew. Keep that secret in security.secrets until this line is gone.")
_ON_DISCORD = {
    "server_unseen": Said(
        later("I do not see this server."), later("Invite me again with the link of the developer portal.")
    ),
    "roles_unmanaged": Said(
        later("I may not grant roles, so products that grant some cannot be delivered."),
        later("Give my role the permission Manage Roles in Server Settings, Roles."),
    ),
    "permissions_missing": Said(
        later("I lack permissions in this server: {permissions}."),
        later("Give them to my role in Server Settings, Roles."),
    ),
    "staff_channel_none": Said(
        later("Nobody hears of payments to check and of alerts: there is no staff channel."),
        later("Choose one with `/admin config`, Channels; what was owed meanwhile is posted then."),
    ),
    "channel_gone": Said(
        later("The channel that was set as {field} was deleted."),
        later("Choose another one with `/admin config`, Channels, or let me forget it."),
    ),
    "channel_mute": Said(
        later("I cannot post in {channel}: I lack {permissions} there."),
        later("Allow it for my role in the channel's settings, Permissions."),
    ),
    "channel_open": Said(
        later("Everybody can read {channel}, where I post what customers order and pay."),
        later("Choose a channel that only your staff see."),
    ),
    "granted_role_gone": Said(
        later("A role was deleted that these products grant: {names}."),
        later("Choose their roles again with `/admin product`."),
    ),
    "granted_role_too_high": Said(
        later("I cannot grant {role}, which these products promise: {names}."),
        later("Drag my role above it in Server Settings, Roles."),
    ),
    "granted_role_managed": Said(
        later("{role} belongs to an integration, so I cannot grant it; these products promise it: {names}."),
        later("Choose another role for them with `/admin product`."),
    ),
    "granted_role_everybody": Said(
        later("These products grant a role that everybody has: {names}."),
        later("Choose another role for them with `/admin product`."),
    ),
    "granted_role_guarded": Said(
        later(
            "{role} opens `/admin` or could rule the server, so I give it to nobody; it is sold by: {names}."
        ),
        later("Choose another role for them with `/admin product`."),
    ),
    "required_role_gone": Said(
        later("A role was deleted that buyers need for these products: {names}."),
        later("Choose it again with `/admin product`, else nobody can buy them by it."),
    ),
    "discount_role_gone": Said(
        later("A role was deleted that these discounts are for: {names}."),
        later("End them with `/admin discount`, and make them anew for another role."),
    ),
    "staff_role_gone": Said(
        later("Roles of your staff were deleted: {many}."),
        later("Choose the roles again with `/admin config`, Who runs the shop."),
    ),
    "staff_none": Said(
        later("Nobody helps you yet."), later("Choose the roles of your staff with `/admin config`.")
    ),
    "storefront_gone": Said(
        later("The channel of your storefront was deleted."),
        later("Choose another one with `/admin storefront`, or let me forget it."),
    ),
    "storefront_mute": Said(
        later("I cannot show your storefront in {channel}: I lack {permissions} there."),
        later("Allow it for my role in the channel's settings, Permissions."),
    ),
    "storefront_stuck": Said(
        later("Your storefront could not be shown in {channel} the last time."),
        later("Let me post it again now."),
    ),
}
_IN_THE_SHOP = {
    "keys_unreadable": Said(
        later("The keys to {providers} cannot be read any more: the secret was changed."),
        later("Put the old secret back behind the new one in security.secrets, or enter the keys anew."),
    ),
    "sold_keys_unreadable": Said(
        later("Keys that you sell cannot be read any more: the secret was changed. Products: {names}."),
        later("Put the old secret back behind the new one in security.secrets."),
    ),
    "ledger_drift": Said(
        later(
            "Stock and ledger differ: {names}. Of the first there are {stock} and {held} held, "
            "by the ledger {ledger} and {ledger_held}."
        ),
        later(
            "Count what is there and set it with `/admin stock`. I do not mend this by myself, "
            "because only you can count; please report it, for it should not happen."
        ),
    ),
    "ledger_unread": Said(
        later("You have many products; I compared the stock of the first {many} with the ledger."),
        later("Nothing has to be done; `run.py restore` compares all of them."),
    ),
    "shipping_none": Said(
        later("You sell things that have to be sent, and there is no way to ship."),
        later("Add one with `/admin config`, Ways to ship; until then nobody can buy them."),
    ),
    "sender_none": Said(
        later("Labels cannot be bought: the sender's address is missing."),
        later("Enter it with `/admin config`, Ways to ship."),
    ),
    "paying_impossible": Said(
        later("Customers cannot pay in any way."), later("Set one up with `/admin config`, Ways to pay.")
    ),
    "method_unset": Said(
        later("{method} is offered without saying where to pay, so customers do not see it."),
        later("Set it up with `/admin config`, Ways to pay, or take it out there."),
    ),
    "method_currency": Said(
        later("{method} is offered, but it does not take {currency}."),
        later("Take it out with `/admin config`, Ways to pay, or with `/admin providers`."),
    ),
    "method_down": Said(
        later("{method} does not answer at the moment, so customers do not see it."),
        later("Look at the provider's status page; I ask again by myself."),
    ),
    "mail_none": Said(
        later("An e-mail address for your staff is set, and nobody carries e-mails."),
        later("Set a mail service up with `/admin providers`, or `[mail]` in the configuration."),
    ),
}
_AT_WORK = {
    "webhook_never": Said(
        later("{provider} has never told anything, though customers paid with it."),
        later("Register the address that `/admin providers` shows there, and send a test."),
    ),
    "webhook_silent": Said(
        later("{provider} has told nothing since {since}, though customers paid with it {paid}."),
        later("Register the address that `/admin providers` shows there once more, and send a test."),
    ),
    "inbox_waiting": Said(
        later("What providers told waits to be acted upon: {many}, since {since}."),
        later("Look at `/admin webhooks`; if nothing moves, start the bot again and look into its log."),
    ),
    "inbox_dead": Said(
        later("What providers told could not be acted upon: {many}, the first {since}."),
        later("Open it with `/admin webhooks`, and act upon it once more."),
    ),
    "outbox_late": Said(
        later("What is owed to people is late: {many}, since {since}."),
        later("No worker takes it: start the bot again, and look into its log."),
    ),
    "outbox_dead": Said(
        later("I gave something up: {many}. {reason}"), later("Then try it again with `/admin queue`.")
    ),
    "outbox_mended": Said(
        later("I had given something up: {many}. It can be tried again now. {reason}"),
        later("Let me try it again."),
    ),
    "sweeper_still": Said(
        later("Unpaid orders still hold stock though their time is over: {many}, since {since}."),
        later("Nobody tidies up: start the bot again, and look into its log."),
    ),
    "poller_still": Said(
        later("Providers should have been asked about payments: {many}, since {since}."),
        later("Nobody asks: start the bot again, and look into its log."),
    ),
}
_ON_THE_MACHINE = {
    "address_none": Said(
        later("The bot has no public address: no invoice links, and providers cannot reach it."),
        later("Set web.public_url in the configuration to the address that leads to the listener."),
    ),
    "address_plain": Said(
        later("The public address begins with http://, and providers deliver to https:// alone."),
        later("Put a reverse proxy with HTTPS in front of the listener, and change web.public_url."),
    ),
    "address_unreachable": Said(
        later("The public address does not answer from here ({why})."),
        later("Check name, certificate and proxy: `/healthz` behind it has to answer without a detour."),
    ),
    "address_another": Said(
        later("At the public address something else answers than this shop."),
        later("Let the reverse proxy lead all paths to the listener, or correct web.public_url."),
    ),
    "secret_weak": Said(
        later("A secret of this installation is easy to guess."),
        later("Put the output of `openssl rand -hex 32` before it in security.secrets."),
    ),
    "secret_old_provider": Said(
        later("The keys to {providers} are still sealed with an old secret."),
        _SEALING,
    ),
    "secret_old_keys": Said(later("Keys that you sell are still sealed with an old secret."), _SEALING),
    "secret_old_others": Said(
        later("Linked accounts or files of this shop are still sealed with an old secret."), _SEALING
    ),
    "clock_drift": Said(
        later("The shop's clock, which is that of its database's machine, is wrong by {seconds} seconds."),
        later("Let that machine keep time by itself, for example with `timedatectl set-ntp true`."),
    ),
    "clock_unknown": Said(
        later("I could not compare the clock with Discord's."), later("Run the doctor again in a minute.")
    ),
    "database_alone": Said(
        later("The database is no replica set, so it has no transactions and no order can be placed."),
        later("Start mongod with --replSet rs0 and run rs.initiate() once."),
    ),
    "transactions_long": Said(
        later("The database keeps what a crashed bot left open for {seconds} seconds."),
        later("Start mongod with --setParameter transactionLifetimeLimitSeconds={better}."),
    ),
    "operations_slow": Said(
        later("Operations of the database run for more than {seconds} seconds: {many}."),
        later("Look at its load and its disk, and run the doctor again."),
    ),
    "indexes_missing": Said(
        later("The database lacks indexes, so people wait: {names}."), later("Let me make them.")
    ),
    "indexes_undeclared": Said(
        later("The database has indexes that nobody needs any more: {names}."),
        later("Remove them with `dropIndex` in mongosh once no older version runs any more."),
    ),
    "cache_none": Said(
        later("There is no Redis, so several processes hear of each other later."),
        later("With one process all is well; else set redis.url in the configuration."),
    ),
    "cache_away": Said(
        later("Redis does not answer. The shop sells without it, but slower."),
        later("Start it, or correct redis.url in the configuration."),
    ),
    "cache_old": Said(
        later("Redis is of version {version}, and was never tried with this shop."),
        later("Bring it to version 6.2 or later."),
    ),
    "cache_full": Said(
        later("Redis does not make room by itself when it is full."),
        later("Set its maxmemory-policy to allkeys-lru: the shop keeps nothing there that must last."),
    ),
    "check_failed": Said(
        later("I could not look at {check}. The code {reference} is in the log."),
        later("Run the doctor again; if it happens again, report it with that entry."),
    ),
    "check_slow": Said(
        later("Looking at {check} took too long."), later("Run the doctor again when less is going on.")
    ),
}
SAID = {**_ON_DISCORD, **_IN_THE_SHOP, **_AT_WORK, **_ON_THE_MACHINE}
