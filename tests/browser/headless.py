"""A headless Chromium driven over a pipe by the DevTools protocol: nothing to install beside the browser itself."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-pipe",
)  # fmt: skip

# The protocol is spoken on file descriptors 3 (in) and 4 (out), which one of the pipes may hold already.
WIRED = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD_CLOEXEC, 16) for end in sys.argv[1:3]]
for end, place in zip(ends, (3, 4)):
    os.dup2(end, place)
os.execv(sys.argv[3], sys.argv[3:])
"""
OPENED = """
document.querySelectorAll("details").forEach((details) => { details.open = true; });
document.querySelectorAll("*").forEach((part) => {
  if (getComputedStyle(part).contentVisibility === "auto") part.style.contentVisibility = "visible";
});
"""
ALT, CONTROL, META, SHIFT = 1, 2, 4, 8
"""Modifiers of a key, as the protocol numbers them."""
PATIENCE = 30
"""Seconds to wait for the browser to say anything."""


def find() -> str | None:
    """The installed browser, if there is one and the system can hand it a pipe."""
    return next((path for name in NAMES if (path := shutil.which(name))), None) if os.name == "posix" else None


class Tab:
    """A page that is open in the browser."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._numbers = itertools.count(1)
        self._rest = b""
        self.events: list[dict[str, Any]] = []
        self._session: str | None = None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != number:
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def open(self, page: Path | str, *, fragment: str = "") -> None:
        """Open a file or an address and wait until it has loaded, if it is not the one that is open already."""
        self.events.clear()
        address = page.as_uri() if isinstance(page, Path) else page
        loads = "loaderId" in self.send("Page.navigate", url=address + fragment)
        while loads and not self._told("Page.loadEventFired"):
            self.events.append(self._receive())

    def reload(self) -> None:
        """Load the page that is open once more."""
        self.events.clear()
        self.send("Page.reload")
        while not self._told("Page.loadEventFired"):
            self.events.append(self._receive())

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page; the page's content policy does not hold for it."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def open_all(self) -> None:
        """Open every part that can be opened, and lay out what is out of sight as well."""
        self.run(OPENED)

    def picture(self, file: Path) -> None:
        """The whole page as a PNG."""
        data = self.send("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        file.write_bytes(base64.b64decode(data))

    def size(self, width: int, height: int) -> None:
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, name: str, *, media: str = "", **features: str) -> None:
        """Prefer `light` or `dark`; other features of media by their names, as `forced_colors="active"`."""
        wanted = {"prefers-color-scheme": name} | {key.replace("_", "-"): value for key, value in features.items()}
        told = [{"name": key, "value": value} for key, value in wanted.items()]
        self.send("Emulation.setEmulatedMedia", media=media, features=told)

    def scripts(self, *, allowed: bool) -> None:
        self.send("Emulation.setScriptExecutionDisabled", value=not allowed)

    def key(self, name: str, code: int = 0, *, place: str = "", modifiers: int = 0) -> None:
        """Strike a key: what it writes or does, its number on Windows, and its place on the keyboard."""
        struck: dict[str, Any] = {"key": name, "code": place or name, "windowsVirtualKeyCode": code}
        writes = {"text": name} if len(name) == 1 and not modifiers & ~SHIFT else {}
        self.send(
            "Input.dispatchKeyEvent",
            type="keyDown" if writes else "rawKeyDown",
            **struck,
            **writes,
            modifiers=modifiers,
        )
        self.send("Input.dispatchKeyEvent", type="keyUp", **struck, modifiers=modifiers)

    def letter(self, letter: str, *, writes: str | None = None, modifiers: int = 0) -> None:
        """Strike the key that has this letter on an English keyboard, and `writes` on the one in use."""
        place = "Slash" if letter == "/" else f"Key{letter.upper()}"
        self.key(writes or letter, ord(letter.upper()), place=place, modifiers=modifiers)

    def pdf(self) -> bytes:
        """The page as it is printed on A4."""
        printed = self.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=True)
        return base64.b64decode(printed["data"])

    def complaints(self) -> list[str]:
        """What the console tells: errors, warnings and what the content policy refused."""
        time.sleep(0.1)  # they come a moment after the page has loaded; timers do not run where scripts may not
        self.run("0")
        entries = [event["params"]["entry"]["text"] for event in self.events if event.get("method") == "Log.entryAdded"]
        thrown = [str(event["params"]) for event in self.events if event.get("method") == "Runtime.exceptionThrown"]
        return [*entries, *thrown]

    def requests(self) -> list[str]:
        """The addresses that the page asked for."""
        return [
            event["params"]["request"]["url"]
            for event in self.events
            if event.get("method") == "Network.requestWillBeSent"
        ]

    def _told(self, method: str) -> bool:
        return any(event.get("method") == method for event in self.events)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._answers], [], [], PATIENCE)
            piece = os.read(self._answers, 1 << 16) if ready else b""
            if not piece:
                raise RuntimeError("the browser has gone" if ready else "the browser says nothing")
            self._rest += piece
        message, _, self._rest = self._rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer


@contextlib.contextmanager
def browser(program: str) -> Iterator[Tab]:
    """A browser with a profile of its own, ended when the block is left."""
    to_browser, from_browser = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        inner = (to_browser[0], from_browser[1])
        process = subprocess.Popen(
            [sys.executable, "-c", WIRED, *map(str, inner), program, *FLAGS, f"--user-data-dir={profile}"],
            pass_fds=inner, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_browser[0])
        os.close(from_browser[1])
        try:
            yield Tab(to_browser[1], from_browser[0])
        finally:
            process.terminate()
            process.wait(timeout=20)
            os.close(to_browser[1])
            os.close(from_browser[0])
