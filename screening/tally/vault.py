"""The key of the open month: it seals the counts, lies apart from them, and is destroyed when the month closes."""

from __future__ import annotations

import secrets
import struct
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from screening.keys import destroy, make_once

_NONCE = 12


class KeyLostError(Exception):
    """The key of the open month is missing, unreadable, or not the one that its counts were sealed with."""


class Vault:
    """Month keys, one file each, in a folder that backups pass by and that machines counting together share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, month: str) -> None:
        """Make the key of a month. One that is there is kept: another machine, or a start that broke off, made it.

        Raises OSError when the folder cannot be written.
        """
        make_once(self._path(month), AESGCM.generate_key(256))

    def opens(self, month: str, layout: str, sealed: bytes) -> bool:
        """Whether the key is there, and is the one that this was sealed with."""
        try:
            self.open(month, layout, sealed)
        except KeyLostError:
            return False
        return True

    def seal(self, month: str, layout: str, cells: Sequence[int]) -> bytes:
        """The cells sealed as one, under a new nonce; as long for any counts. Raises KeyLostError."""
        nonce = secrets.token_bytes(_NONCE)
        packed = struct.pack(f"<{len(cells)}i", *cells)
        return nonce + self._key(month).encrypt(nonce, packed, _bound_to(month, layout))

    def open(self, month: str, layout: str, sealed: bytes) -> list[int]:
        """The cells that were sealed for this month and layout. Raises KeyLostError."""
        try:
            packed = self._key(month).decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound_to(month, layout))
        except InvalidTag:
            raise KeyLostError(f"the key of {month} is not the one that its counts were sealed with") from None
        return list(struct.unpack(f"<{len(packed) // 4}i", packed))

    def has_before(self, month: str) -> bool:
        """Whether there is a key of a month before this one."""
        return any(self._before(month))

    def destroy_before(self, month: str) -> None:
        """Destroy the keys of all months before this one."""
        for path in self._before(month):
            destroy(path)

    def _before(self, month: str) -> list[Path]:
        return [path for path in self._folder.glob("????-??.key") if path.stem < month]

    def _path(self, month: str) -> Path:
        return self._folder / f"{month}.key"

    def _key(self, month: str) -> AESGCM:
        try:
            return AESGCM(self._path(month).read_bytes())
        except (OSError, ValueError) as error:
            raise KeyLostError(f"the key of {month} cannot be read ({type(error).__name__})") from None


def _bound_to(month: str, layout: str) -> bytes:
    return f"{month}\n{layout}".encode()
