"""Tells when names go from folders of the server, by inotify: the server's own file system is nobody's cache."""

import ctypes
import os
import struct
import threading
import time
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
DELETE = 0x200


class Watch:
    """Removals in some folders, each with the moment it was seen, in order."""

    def __init__(self, folders: list[Path]):
        self.descriptor = _libc.inotify_init1(os.O_CLOEXEC)
        self.removals: list[tuple[float, Path, str]] = []
        self.count = 0
        self._folders: dict[int, Path] = {}
        for folder in folders:
            number = _libc.inotify_add_watch(self.descriptor, os.fsencode(folder), DELETE)
            if number < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
            self._folders[number] = folder
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self.descriptor, 65536)
            except OSError:
                return
            now, at = time.time(), 0
            while at < len(data):
                number, mask, _, length = struct.unpack_from("iIII", data, at)
                name = data[at + 16 : at + 16 + length].rstrip(b"\0").decode()
                at += 16 + length
                if mask & DELETE and number in self._folders:
                    self.removals.append((now, self._folders[number], name))
                    self.count += 1

    def wait_for(self, count: int, tool, patience: float = 120) -> bool:
        """Until so many names are gone; false when the tool ends before."""
        until = time.time() + patience
        while self.count < count and time.time() < until:
            if not tool.is_running:
                return self.count >= count
            time.sleep(0.002)
        return self.count >= count
