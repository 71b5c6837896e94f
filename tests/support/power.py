"""File system of its own whose power can be cut: what was not flushed is gone, as after a real cut.

A file with ext4 in it, mounted by way of a loop device. The cut is the kernel's own: the shutdown call of ext4 without flushing its
journal (EXT4_GOING_FLAGS_NOLOGFLUSH), after which the file system refuses everything; mounting it again replays what had reached
the journal. Takes root, `mkfs.ext4` and a loop device.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
from pathlib import Path

SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN: _IOR('X', 125, u32)."""
WITHOUT_FLUSHING = 2


class Volume:
    """Volume at `mount` after `switch_on()`, as it was left by the last `cut()` or `switch_off()`."""

    def __init__(self, folder: Path, mebibytes: int = 2048) -> None:
        self.mount = folder / "volume"
        self.mount.mkdir()
        self._image = folder / "volume.img"
        with self._image.open("wb") as file:
            file.truncate(mebibytes * 1024 * 1024)
        _run("mkfs.ext4", "-q", "-F", str(self._image))

    def switch_on(self) -> None:
        _run("mount", "-o", "loop", str(self._image), str(self.mount))

    def cut(self) -> None:
        """Cut the power. Files open here give errors from now on."""
        number = os.open(self.mount, os.O_RDONLY)
        try:
            fcntl.ioctl(number, SHUTDOWN, struct.pack("I", WITHOUT_FLUSHING))
        finally:
            os.close(number)

    def switch_off(self) -> None:
        if os.path.ismount(self.mount):
            _run("umount", str(self.mount))


def why_not(folder: Path) -> str | None:
    """Say why no power can be cut here, or None."""
    if os.geteuid() != 0:
        return "mounting takes root"
    try:
        volume = Volume(folder)
        volume.switch_on()
        volume.switch_off()
    except (OSError, subprocess.CalledProcessError) as error:
        return f"cannot mount here: {getattr(error, 'stderr', None) or error}"
    return None


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
