"""A real Firefox, driven over WebDriver BiDi, which it speaks by itself: Playwright's is a build of its own.

Only what the tests of leaving need. https://www.w3.org/TR/webdriver-bidi/ names the commands.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

FIREFOX = "firefox-esr"
#: Nothing of Firefox's own goes out; a page's script may be turned off.
PREFERENCES = {
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "app.normandy.enabled": False,
    "services.settings.server": "data:,none",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.newtabpage.enabled": False,
}


class RefusedError(Exception):
    """The browser would not do what was asked."""


class Firefox:
    """The browser. Its tabs share one profile, and so their cookies."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._sent = 0
        self.ask("session.new", capabilities={})

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._sent += 1
        self._socket.send(json.dumps({"id": self._sent, "method": method, "params": params}))
        while True:
            said = json.loads(self._socket.recv(timeout=60))
            if said.get("id") == self._sent:
                if said["type"] != "success":
                    raise RefusedError(f"{method}: {said}")
                result: dict[str, Any] = said["result"]
                return result

    def tab(self) -> Tab:
        return Tab(self, self.ask("browsingContext.create", type="tab")["context"])

    def has_cookie(self, name: str) -> bool:
        return any(cookie["name"] == name for cookie in self.ask("storage.getCookies")["cookies"])


class Tab:
    def __init__(self, browser: Firefox, context: str) -> None:
        self._browser = browser
        self._context = context

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        return self._browser.ask(method, context=self._context, **params)

    def goto(self, address: str) -> Self:
        """Open the address and wait until its page is whole.

        Asked of the page itself: now and then Firefox never tells that a navigation has ended (its `wait`).
        """
        self._evaluate("globalThis.before = true")
        self.ask("browsingContext.navigate", url=address, wait="none")
        deadline = time.monotonic() + 30
        # On its way to another process a tab holds an empty page.
        while not self._is_whole("!globalThis.before && document.URL !== 'about:blank'"):
            assert time.monotonic() < deadline, f"{address} does not come; there is {self.url}"
            time.sleep(0.02)
        return self

    def _is_whole(self, and_more: str = "true") -> bool:
        try:
            return bool(self._evaluate(f"document.readyState === 'complete' && {and_more}"))
        except RefusedError:
            # The page that was asked went away meanwhile.
            return False

    def _evaluate(self, expression: str) -> Any:
        # In a world of its own, which every page has anew, and which runs where the page's script is off, too.
        target = {"context": self._context, "sandbox": "test"}
        said = self._browser.ask("script.evaluate", expression=expression, target=target, awaitPromise=False)
        return said["result"].get("value")

    def go_back(self) -> None:
        self.ask("browsingContext.traverseHistory", delta=-1)

    def front(self) -> None:
        self.ask("browsingContext.activate")

    def eval(self, expression: str) -> Any:
        """The value of an expression, in the page's own world; strings, numbers and truth values alone."""
        said = self._browser.ask(
            "script.evaluate", expression=expression, target={"context": self._context}, awaitPromise=True
        )
        assert said["type"] == "success", said
        return said["result"].get("value")

    def press(self, *keys: str) -> None:
        """Press keys one after the other; WebDriver names of keys such as "\\ue008" for Shift."""
        downs_and_ups = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.ask("input.performActions", actions=[{"type": "key", "id": "keyboard", "actions": downs_and_ups}])

    def _node(self, selector: str) -> dict[str, str]:
        found = self.ask("browsingContext.locateNodes", locator={"type": "css", "value": selector}, maxNodeCount=1)
        assert found["nodes"], f"there is no {selector} on {self.url}"
        return {"sharedId": found["nodes"][0]["sharedId"]}

    def _call(self, function: str, selector: str) -> Any:
        # In a world of its own, which runs where the page's script is off, too.
        said = self._browser.ask(
            "script.callFunction",
            functionDeclaration=function,
            arguments=[self._node(selector)],
            target={"context": self._context, "sandbox": "test"},
            awaitPromise=False,
        )
        return said["result"].get("value")

    def click(self, selector: str) -> None:
        """A true click with the pointer, so that a page without its script hears it, too."""
        self._call("(node) => node.scrollIntoView({ block: 'center' })", selector)
        moves = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": {"type": "element", "element": self._node(selector)}},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self.ask("input.performActions", actions=[{"type": "pointer", "id": "mouse", "actions": moves}])

    @property
    def text(self) -> str:
        """What can be read on the page, as soon as it is whole."""
        deadline = time.monotonic() + 20
        while not self._is_whole():
            assert time.monotonic() < deadline, f"{self.url} does not end"
            time.sleep(0.02)
        return str(self._call("(body) => body.innerText", "body"))

    @property
    def url(self) -> str:
        contexts = self._browser.ask("browsingContext.getTree", root=self._context)["contexts"]
        return str(contexts[0]["url"])

    def wait_for(self, end: str) -> None:
        """Wait until the address ends so and the page is there."""
        deadline = time.monotonic() + 20
        while not self.url.endswith(end):
            assert time.monotonic() < deadline, f"{self.url} does not end in {end}"
            time.sleep(0.05)


@contextmanager
def firefox(profile: Path, *, javascript: bool = True) -> Iterator[Firefox]:
    """A Firefox with a new profile in the folder `profile`, closed in the end."""
    profile.mkdir(parents=True, exist_ok=True)
    preferences = PREFERENCES | {"javascript.enabled": javascript}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()]
    (profile / "user.js").write_text("\n".join(lines))
    command = [FIREFOX, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port=0"]
    log = profile / "firefox.log"
    with log.open("w") as heard, subprocess.Popen(command, stderr=heard, stdout=heard) as browser:
        try:
            with connect(f"{_address(log, browser)}/session", max_size=None) as socket:
                yield Firefox(socket)
        finally:
            browser.terminate()


def _address(log: Path, browser: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 60
    while not (match := re.search(r"listening on (ws://\S+)", log.read_text())):
        assert browser.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return match[1]
