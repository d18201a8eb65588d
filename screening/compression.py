"""Pages and files as small as the browser takes them: brotli where it says so, else gzip."""

from __future__ import annotations

import gzip
import zlib
from functools import lru_cache
from typing import Any, Final

import brotli
from flask import Flask, Response, g, request

#: What shrinks. Sheets are PDF, which is compressed already.
TEXT: Final = frozenset({"text/html", "text/css", "text/javascript", "image/svg+xml"})
#: Below this, in bytes, nothing is won.
SMALLEST: Final = 300

# Compressing beside a secret tells it to whoever can make a browser ask again and again with words of their choice and
# weigh the answers. Nobody can: SameSite keeps our cookies out of requests that other sites make, so the secret they
# could ask for is never that of a visit. And hardly a page repeats what an address says: ids and months that there are,
# on the supervisors' pages, and the way back from the choice of a language.


#: How far back brotli looks for what it has seen, as a power of two: pages are shorter, and to make room for more would
#: take it as long as the page itself.
WINDOW: Final = 16

#: From here on, in bytes, a page is compressed as hard as it can be.
HEAVY: Final = 3_900


def begins_alike(beginning: bytes) -> None:
    """Say that the page begins with this for everybody who reads its language: that much is compressed once and kept.

    Nothing of a visit or of a person may be in it, nor a secret.
    """
    g.beginning = beginning


def compress(app: Flask) -> None:
    """Have every answer of `app` sent in the smallest form that the browser says it takes."""

    @app.after_request
    def shrink(response: Response) -> Response:
        if (
            response.mimetype not in TEXT
            or response.status_code in (204, 304)
            or "Content-Encoding" in response.headers
        ):
            return response
        response.headers.add("Vary", "Accept-Encoding")
        if response.status_code == 206 or (response.content_length or SMALLEST) < SMALLEST:
            return response
        encoding = request.accept_encodings.best_match(["br", "gzip"])
        if encoding is None:
            return response
        response.direct_passthrough = False
        whole = response.get_data()
        beginning = g.get("beginning")
        if request.endpoint == "static":
            response.set_data(_file(encoding, whole))
        elif beginning and whole.startswith(beginning):
            response.set_data(_begun(encoding, beginning, whole[len(beginning) :]))
        else:
            response.set_data(_page(encoding, whole))
        response.headers["Content-Encoding"] = encoding
        tag, _ = response.get_etag()
        if tag is not None:
            # The same file in another form: a strong tag would say that it is the same bytes.
            response.set_etag(tag, weak=True)
        return response


def _page(encoding: str, whole: bytes) -> bytes:
    if encoding == "gzip":
        return gzip.compress(whole, 6, mtime=0)
    # Quality 5 takes a fifth of a millisecond and is within a tenth of the best, which takes some five; only
    # for a page that would weigh much (a result in Cyrillic, say) is it worth them.
    small: bytes = brotli.compress(whole, quality=5, lgwin=WINDOW)
    if len(small) >= HEAVY:
        small = brotli.compress(whole, quality=10, lgwin=WINDOW)
    return small


def _begun(encoding: str, beginning: bytes, end: bytes) -> bytes:
    """A page whose `beginning` is kept; the `end` has one byte at least and 65,536 at most."""
    if encoding == "gzip":
        sent, stream = _gzip_beginning(beginning)
        # A copy goes on where the beginning ended; what is kept stays as it was.
        stream = stream.copy()
        return sent + bytes(stream.compress(end)) + bytes(stream.flush())
    # Behind it comes one block that is sent as it is (RFC 7932, section 9.2): not the last, its length less one in
    # sixteen bits, "uncompressed", and the bytes; then the mark of the end.
    header = (len(end) - 1) << 3 | 1 << 19
    return _brotli_beginning(beginning) + header.to_bytes(3, "little") + end + b"\x03"


@lru_cache(maxsize=64)
def _brotli_beginning(beginning: bytes) -> bytes:
    compressor = brotli.Compressor(quality=11)
    return bytes(compressor.process(beginning) + compressor.flush())


@lru_cache(maxsize=64)
def _gzip_beginning(beginning: bytes) -> tuple[bytes, Any]:
    stream = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    return stream.compress(beginning) + stream.flush(zlib.Z_SYNC_FLUSH), stream


@lru_cache(maxsize=32)
def _file(encoding: str, whole: bytes) -> bytes:
    """A file of ours, as small as it gets. Pages are never kept: they hold answers."""
    return brotli.compress(whole) if encoding == "br" else gzip.compress(whole, 9, mtime=0)
