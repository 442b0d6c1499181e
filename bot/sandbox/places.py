"""Guilds and channels as a test or the demo sets them up and looks into them."""

from collections.abc import Callable, Sequence

from bot.sandbox.errors import NotOfferedError
from bot.sandbox.guilds import Channel, Guild, Member, Role, User
from bot.sandbox.people import Person
from bot.sandbox.permissions import Permission
from bot.sandbox.seen import Seen
from bot.sandbox.world import World

NewPerson = Callable[[User, Guild], Person]


class Room:
    """A guild's channel."""

    def __init__(self, channel: Channel, owner: Person) -> None:
        self.channel = channel
        self._owner = owner

    @property
    def id(self) -> int:
        return self.channel.id

    @property
    def name(self) -> str:
        return self.channel.name

    @property
    def mention(self) -> str:
        return f"<#{self.id}>"

    @property
    def messages(self) -> list[Seen]:
        """What stands in the channel for everyone who may see it, oldest first, in the owner's hands."""
        return self.messages_for(self._owner)

    def messages_for(self, person: Person) -> list[Seen]:
        """The same in this person's hands: nothing when they may not enter; `whispers` are apart."""
        lasting = [one for one in self.channel.messages.values() if one.viewer_id is None]
        return [Seen(person, one) for one in lasting if person.can_see(one)]


class Community:
    """A guild with its people."""

    def __init__(self, world: World, guild: Guild, new_person: NewPerson) -> None:
        self._world = world
        self._new_person = new_person
        self.guild = guild
        self.owner = new_person(world.users[guild.owner_id], guild)
        self.people: dict[int, Person] = {self.owner.id: self.owner}

    @property
    def id(self) -> int:
        return self.guild.id

    @property
    def name(self) -> str:
        return self.guild.name

    @property
    def general(self) -> Room:
        """The first channel, in which people run commands unless they say otherwise."""
        return Room(next(iter(self.guild.channels.values())), self.owner)

    @property
    def bot_role(self) -> Role:
        return next(role for role in self.guild.roles.values() if role.managed)

    def add_role(
        self, name: str, *, position: int | None = None, permissions: int = 0, color: int = 0
    ) -> Role:
        """Add a role; without a position it goes to the bottom, below the bot's own."""
        role = Role(self._world.ids.next(), name, 1 if position is None else position, permissions, color)
        return self._world.add_role(self.guild, role)

    def move_role(self, role: Role, position: int) -> None:
        role.position = position
        self._world.role_changed(self.guild, role)

    def set_permissions(self, role: Role, permissions: int) -> None:
        role.permissions = permissions
        self._world.role_changed(self.guild, role)

    def remove_role(self, role: Role) -> None:
        self._world.remove_role(self.guild, role)

    def add_channel(
        self, name: str, *, visible_to: Sequence[Role] | None = None, topic: str | None = None
    ) -> Room:
        """Add a text channel; with `visible_to` only those roles (and the bot's, if named) see it."""
        channel = self._world.text_channel(self.guild, name, topic=topic)
        if visible_to is not None:
            self._hide(channel, visible_to)
        return Room(channel, self.owner)

    def _hide(self, channel: Channel, visible_to: Sequence[Role]) -> None:
        view = int(Permission.VIEW_CHANNEL)
        channel.overwrites = {self.guild.id: (0, 0, view)}
        channel.overwrites |= {role.id: (0, view, 0) for role in visible_to}
        self.guild.version += 1
        self._world.channel_changed(channel)

    def remove_channel(self, room: Room) -> None:
        self._world.remove_channel(room.channel)

    def add_member(
        self, name: str, *, display_name: str | None = None, roles: Sequence[Role] = (), locale: str = "en-US"
    ) -> Person:
        """Create an account and let it join."""
        person = self._new_person(self._world.add_user(name, display_name, locale), self.guild)
        self.join(person, roles=roles)
        return person

    def join(self, person: Person, *, roles: Sequence[Role] = ()) -> None:
        self._world.add_member(self.guild, person.user, [role.id for role in roles])
        self.people[person.id] = person

    def leave(self, person: Person) -> None:
        self._world.remove_member(self.guild, person.user)

    def give(self, person: Person, role: Role) -> None:
        """Let the owner give a role by hand."""
        member = self._member(person)
        if role.id not in member.role_ids:
            member.role_ids.append(role.id)
            self._world.member_changed(member)

    def take(self, person: Person, role: Role) -> None:
        member = self._member(person)
        if role.id in member.role_ids:
            member.role_ids.remove(role.id)
            self._world.member_changed(member)

    def expel_bot(self) -> None:
        self._world.remove_member(self.guild, self._world.bot)

    def invite_bot(self) -> None:
        """Let the expelled bot in again."""
        self._world.invite_bot(self.guild)

    def fail(self) -> None:
        """Be unavailable, as in an outage of Discord's; the bot is still a member."""
        self._world.outage(self.guild, over=False)

    def recover(self) -> None:
        """End the outage."""
        self._world.outage(self.guild, over=True)

    def _member(self, person: Person) -> Member:
        member = self.guild.members.get(person.id)
        if member is None:
            raise NotOfferedError(f"{person.name} is not in {self.name}")
        return member
