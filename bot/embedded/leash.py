"""A program of its own: ties a server's life to the bot's, signs the pid file, then becomes the server.

A separate program, because the same calls between fork and exec are unsafe once the bot has threads.
"""

import ctypes
import fcntl
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def become(parent: int, pid_file: Path, command: list[str]) -> None:
    """Replace this process with the command; the kernel ends it when the parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the leash was on
        sys.exit(1)
    # The server inherits the lock, so a locked pid file means: this very process still lives.
    file = os.open(pid_file, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.write(file, str(os.getpid()).encode())
    os.set_inheritable(file, True)  # noqa: FBT003 - the standard library's signature
    os.execv(command[0], command)  # noqa: S606 - replacing ourselves without a shell is the point


if __name__ == "__main__":
    become(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
