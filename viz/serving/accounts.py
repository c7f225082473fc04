"""Who may come in: a class code, or names with passwords in a file of which nobody can read a password.

``python -m viz.serving.accounts FILE NAME`` asks for a password and puts the name into the file.
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import hmac
import re
import secrets
import sys
import time
from pathlib import Path

from core.errors import UserError
from core.files import replacing

SHORTEST = 6
"""Signs of a code or a password: with :data:`viz.serving.gate.GUESSES` a minute nobody guesses it in a school year."""
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of a code made here: none that looks like another on a blackboard."""
STAY = 12 * 3600
"""Seconds that one who came in stays in: a school day."""
_COST = {"n": 2**14, "r": 8, "p": 1}
_LINE = re.compile(r"([^:\s]+):([\w=+/]+)\$([\w=+/]+)")


def hashed(password: str, salt: bytes | None = None) -> str:
    """A password as it stands in the file: salt and scrypt, from which it cannot be read."""
    salt = secrets.token_bytes(16) if salt is None else salt
    found = hashlib.scrypt(password.encode(), salt=salt, **_COST)
    return "$".join(base64.b64encode(part).decode() for part in (salt, found))


def new_code() -> str:
    """A code for a class."""
    return "".join(secrets.choice(SIGNS) for _ in range(8))


def plain(code: str) -> str:
    """A code without what people type differently: capitals, blanks, hyphens."""
    return re.sub(r"[\s-]", "", code).casefold()


class Keys:
    """A class code, or accounts (name -> :func:`hashed`), or both: either opens.

    Who came in shows a *pass* afterwards. It is signed with what the code and the file hold, so that several servers
    with the same ones know each other's passes, and whoever changes one of them makes all passes worthless.
    """

    def __init__(self, code: str | None = None, accounts: dict[str, str] | None = None) -> None:
        self.accounts = accounts or {}
        self.code = None if code is None else plain(code)
        if self.code is not None and len(self.code) < SHORTEST:
            raise UserError("A class code has at least {shortest} letters or digits.", shortest=SHORTEST)
        text = repr((self.code, sorted(self.accounts.items())))
        self._secret = hashlib.sha256(b"easel passes" + text.encode()).digest()

    def opens(self, name: str, password: str) -> bool:
        """Whether that is the code, under whatever name, or a name with its password. Takes 50 ms where it is not."""
        if self.code is not None and hmac.compare_digest(plain(password).encode(), self.code.encode()):
            return True
        if not self.accounts:
            return False
        stored = self.accounts.get(name) or hashed("", b"nobody")  # a name that is not there takes as long
        salt = base64.b64decode(stored.partition("$")[0])
        return hmac.compare_digest(hashed(password, salt), stored) and name in self.accounts

    def issued(self) -> str:
        """A pass that is good for :data:`STAY` seconds."""
        until = str(int(time.time()) + STAY)
        return f"{until}.{self._signed(until)}"

    def good(self, shown: str) -> bool:
        """Whether a pass is ours and still good."""
        until, _, signature = shown.partition(".")
        if not hmac.compare_digest(self._signed(until).encode(), signature.encode("utf-8", "replace")):
            return False
        return until.isdecimal() and time.time() < int(until)

    def _signed(self, until: str) -> str:
        return hmac.new(self._secret, until.encode("utf-8", "replace"), "sha256").hexdigest()


def read(file: Path) -> dict[str, str]:
    """The accounts of a file. Raises :class:`UserError` where a line is none."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UserError("The accounts in {file} cannot be read: {reason}.", file=file, reason=reason) from None
    found = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = _LINE.fullmatch(line.strip())
        if parts is None or not (_is_base64(parts[2]) and _is_base64(parts[3])):
            raise UserError(
                "Line {number} of {file} is no account: write it with python -m viz.serving.accounts {file} NAME.",
                number=number,
                file=file,
            )
        found[parts[1]] = f"{parts[2]}${parts[3]}"
    if not found:
        raise UserError(
            "There is no account in {file}: add one with python -m viz.serving.accounts {file} NAME.", file=file
        )
    return found


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True


def add(file: Path, name: str, password: str) -> None:
    """Put an account into a file, instead of one of the same name."""
    if not re.fullmatch(r"[^:\s#][^:\s]*", name):
        raise UserError("A name has no blanks and no colon.")
    if len(password) < SHORTEST:
        raise UserError("A password has at least {shortest} signs.", shortest=SHORTEST)
    accounts = {**(read(file) if file.exists() else {}), name: hashed(password)}
    lines = "".join(f"{each}:{stored}\n" for each, stored in accounts.items())
    with replacing(file) as written:
        written.write(lines.encode())
    file.chmod(0o600)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("python -m viz.serving.accounts FILE NAME")
    try:
        add(Path(sys.argv[1]), sys.argv[2], getpass.getpass(f"Password of {sys.argv[2]}: "))
    except UserError as problem:
        sys.exit(str(problem))
