"""What every answer and every request must keep to: headers, limits, the origin of a form, and leaving."""

from __future__ import annotations

import ipaddress
import logging
import traceback
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import Forbidden, LengthRequired, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

#: The longest form is a few kilobytes; anything longer is none of ours.
LARGEST_BODY: Final = 64 * 1024

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": with it browsers send "Origin: null" with our own forms, and the origin check would fail.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), clipboard-read=(), interest-cohort=()",
    "X-Robots-Tag": "noindex, nofollow",
}


def protect(app: Flask, leave_url: str) -> None:
    """Put the limits before every request and the headers on every answer, errors and redirects included."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    elsewhere = urlsplit(leave_url)
    form_action = f"'self' {elsewhere.scheme}://{elsewhere.netloc}" if leave_url else "'self'"
    everywhere = {**HEADERS, "Content-Security-Policy": POLICY.format(form_action=form_action)}

    @app.before_request
    def keep_limits() -> None:
        if request.method != "POST":
            return
        # A server cuts a body without a length at its limit and says nothing: half a form would pass for a whole one.
        if request.content_length is None:
            raise LengthRequired
        if request.content_length > LARGEST_BODY:
            raise RequestEntityTooLarge
        if request.mimetype != "application/x-www-form-urlencoded":
            raise UnsupportedMediaType
        if not _is_our_own():
            raise Forbidden

    @app.after_request
    def add_headers(response: Response) -> Response:
        # No page sets one of them itself, so none has to be looked for.
        response.headers.extend(everywhere)
        is_file = request.endpoint == "static" and request.method in ("GET", "HEAD")
        if is_file and response.status_code in (200, 304):
            # The files under static/ are the same for everybody and tell nothing of a visit.
            response.headers["Cache-Control"] = "public, max-age=86400" if "v" in request.args else "no-cache"
        else:
            response.headers["Cache-Control"] = "no-store"
        return response


#: Set where somebody else asks through the one who connects, and it is not known who: never the machine itself.
_FORWARDED: Final = "screening.forwarded"
_FORWARDING: Final = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA")


def believe(trusted: Sequence[str], wsgi: WSGIApplication) -> WSGIApplication:
    """Believe the forwarding headers of these proxies and of nobody else; others' are marked and not followed."""
    believing = ProxyFix(wsgi, x_for=1, x_proto=1, x_host=1)

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("REMOTE_ADDR") in trusted:
            # A proxy that does not say for whom it asks would make everybody seem to sit at this machine.
            environ[_FORWARDED] = "HTTP_X_FORWARDED_FOR" not in environ
            return believing(environ, start_response)
        environ[_FORWARDED] = any(name in environ for name in _FORWARDING)
        return wsgi(environ, start_response)

    return serve


def asked_from() -> str:
    """The address that asks, for limits in memory; it is kept nowhere.

    Of IPv6 the network: whoever has one address has 2**64, and would never meet a limit.
    """
    address = request.remote_addr or ""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(read, ipaddress.IPv4Address) or read.ipv4_mapped:
        return address
    return str(ipaddress.ip_network((int(read), 64), strict=False))


def is_local() -> bool:
    """Whether the one who asks sits at the machine itself, as far as it can be known."""
    if request.environ.get(_FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _is_our_own() -> bool:
    """Whether a form was sent from a page of ours, as far as the browser says; the form secret stands beside it."""
    origin = request.headers.get("Origin")
    if origin is not None:
        try:
            return urlsplit(origin).netloc == request.host
        except ValueError:
            # No browser writes what is no address.
            return False
    return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")


def forget_pages(response: BaseResponse) -> BaseResponse:
    """Have the browser drop what it kept of our pages, so that Back shows nothing.

    Never "cookies": that would take the cookies of other programs on the same host too.
    """
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


class QuietFlask(Flask):
    """Flask that tells of an error where it happened and nothing of what was asked."""

    def log_exception(self, exc_info: Any) -> None:
        # Flask's own line holds the address and the exception's text, and the text may quote an answer.
        kind, _, trace = exc_info
        frames = "".join(traceback.format_list(traceback.extract_tb(trace)))
        log.error("An error was raised and shown as such: %s\n%s", getattr(kind, "__name__", "Exception"), frames)
