"""Processes that tests start: none outlives the test run."""

import os
import pwd
import socket
import subprocess
from pathlib import Path

AS_ROOT = os.geteuid() == 0


def tied(command: list[str], *, death: str = "KILL", unprivileged: bool = False) -> list[str]:
    """Return `command` such that it gets the signal `death` when its starter dies, however that happens.

    With `unprivileged` it also gives up root, if the tests run as root.
    """
    prefix = ["setpriv", "--pdeathsig", death]
    if unprivileged and AS_ROOT:
        nobody = pwd.getpwnam("nobody")
        prefix += ["--reuid", str(nobody.pw_uid), "--regid", str(nobody.pw_gid), "--clear-groups"]
    return [*prefix, *command]


def give_to_unprivileged(directory: Path) -> None:
    """Make `directory` belong to the user that `tied(..., unprivileged=True)` runs as."""
    if AS_ROOT:
        nobody = pwd.getpwnam("nobody")
        os.chown(directory, nobody.pw_uid, nobody.pw_gid)


def stop(process: subprocess.Popen[bytes], *, seconds: float = 15) -> int:
    """Ask `process` to end, insist after `seconds`; return its exit code (-9 if it had to be killed)."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def free_port() -> int:
    """Return a TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
