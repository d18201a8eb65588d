"""The production server: workers that share one app, made before they fork, and no log of who asks for what."""

from __future__ import annotations

import gc
import os
import socket
import struct
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.config import Config
from gunicorn.glogging import Logger

#: How long a browser may fall silent in the middle of a request or of its answer, in seconds. Each holds one of our few
#: threads meanwhile, and without a limit four that never come back would stop a process for good.
LONGEST_SILENCE: Final = 5


class Quiet(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's log written by our own rules: its own lines quote the address that was asked, and errors' texts."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        self.error_log.handlers = []
        self.error_log.propagate = True

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        # Whoever fell silent is no fault of ours.
        if not isinstance(sys.exception(), BlockingIOError):
            super().exception(msg, *args, **kwargs)


def end_silences(arbiter: Any) -> None:
    """Have each connection end after LONGEST_SILENCE; gunicorn itself would wait for ever."""
    # Of the system and not of Python, whose own limit gunicorn takes away again. Connections inherit it.
    limit = struct.pack("@ll", LONGEST_SILENCE, 0)
    for listener in arbiter.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


def collect_seldom() -> None:
    """Take what was read at the start for what stays for good, and look for garbage less often.

    Looking through all of it again and again would stop a page for tens of milliseconds, a sheet for a tenth of a
    second, and give each worker a copy of its own.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def serve_forever(
    app: Flask,
    host: str,
    port: int,
    workers: int,
    ready: Callable[[str], None],
    beside: Callable[[], None] | None = None,
) -> None:
    """Serve `app` with so many processes until stopped; call `ready` with its address once it can be asked.

    Each process calls `beside` once as it starts, in a thread of its own: no page waits for it.
    """
    name = f"[{host}]" if ":" in host else host

    def begin(arbiter: Any) -> None:
        # Before anybody knows the address: who connects earlier would not have the limit.
        end_silences(arbiter)
        ready(f"http://{name}:{port}")

    def begin_work(_: Any) -> None:
        # Keys are destroyed in time even where nobody asks for a page.
        app.extensions["keys"].watch()
        if beside is not None:
            # No daemon: a worker that is stopped meanwhile ends it in order, and leaves no file of a font behind.
            threading.Thread(target=beside).start()

    class Production(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            options: dict[str, Any] = {
                "bind": f"{name}:{port}",
                "worker_class": "gthread",
                "workers": workers,
                "threads": 4,
                # The app is made once, before the workers fork: they share its key when it lies in memory alone.
                "preload_app": True,
                "control_socket_disable": True,
                # At its usual level gunicorn logs the address and the raw first line of a request that is malformed.
                "loglevel": "error",
                # Which proxy is believed, and on what, is for security.believe alone to decide.
                "forwarded_allow_ips": "",
                # The most that it knows: the supervisors' choice of many sites is a long address.
                "limit_request_line": 8190,
                "accesslog": None,
                "logger_class": Quiet,
                "when_ready": begin,
                "post_worker_init": begin_work,
            }
            # A heartbeat file of gunicorn's own, without content: in memory, so that no slow disk stops a worker.
            # In a chroot it may be a folder of root's.
            if os.access(in_memory := "/dev/shm", os.W_OK | os.X_OK):  # noqa: S108  # nosec B108
                options["worker_tmp_dir"] = in_memory
            for option, value in options.items():
                self.cfg.set(option, value)

        def load(self) -> Flask:
            return app

    collect_seldom()
    Production().run()
