"""The secret an embedded shop makes for itself at its first start; as precious as its database."""

import os
import secrets
import tempfile
from pathlib import Path

from pydantic import SecretStr

from bot.config_problems import ConfigError
from bot.config_values import long_enough

SECRET_FILE = "secret"  # noqa: S105 - a file's name


def own_secret(data_dir: Path) -> SecretStr:
    """The secret kept in data_dir, made when there is none; raises ConfigError when it cannot be used."""
    file = data_dir / SECRET_FILE
    try:
        if not file.exists():
            _write_once(file, secrets.token_urlsafe(48))
        return long_enough(SecretStr(file.read_text().strip()))
    except (OSError, ValueError) as reason:
        raise ConfigError([f"The shop's own secret in {file} cannot be used: {reason}."]) from reason


def _write_once(file: Path, text: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=file.parent) as draft:  # readable by this account only
        draft.write(text)
        draft.flush()
        os.fsync(draft.fileno())
        try:
            file.hardlink_to(draft.name)  # appears whole or not at all, and replaces nobody's
        except FileExistsError:
            return
