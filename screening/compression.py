"""Pages and files as small as the browser takes them: brotli where it says so, else gzip."""

from __future__ import annotations

import gzip
from functools import lru_cache
from typing import Final

import brotli
from flask import Flask, Response, request

#: What shrinks. Sheets are PDF, which is compressed already.
TEXT: Final = frozenset({"text/html", "text/css", "text/javascript", "image/svg+xml"})
#: Below this, in bytes, nothing is won.
SMALLEST: Final = 300

# Compressing beside a secret tells it to whoever can make a browser ask again and again with words of their choice and
# weigh the answers. Nobody can: SameSite keeps our cookies out of requests that other sites make, so the secret they
# could ask for is never that of a visit. And hardly a page repeats what an address says: ids and months that there are,
# on the supervisors' pages, and the way back from the choice of a language.


#: From here on, in bytes, a page is compressed as hard as it can be.
HEAVY: Final = 3_900


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
        response.vary.add("Accept-Encoding")
        encoding = request.accept_encodings.best_match(["br", "gzip"])
        is_part = response.status_code == 206
        if encoding is None or is_part or (response.content_length or SMALLEST) < SMALLEST:
            return response
        response.direct_passthrough = False
        whole = response.get_data()
        response.set_data(_file(encoding, whole) if request.endpoint == "static" else _page(encoding, whole))
        response.headers["Content-Encoding"] = encoding
        tag, _ = response.get_etag()
        if tag is not None:
            # The same file in another form: a strong tag would say that it is the same bytes.
            response.set_etag(tag, weak=True)
        return response


def _page(encoding: str, whole: bytes) -> bytes:
    if encoding == "gzip":
        return gzip.compress(whole, 6, mtime=0)
    # Quality 5 takes a millisecond and is within a tenth of the best, which takes some five; only for a page that would
    # weigh much (a result in Cyrillic, say) is it worth them.
    small: bytes = brotli.compress(whole, quality=5)
    if len(small) >= HEAVY:
        small = brotli.compress(whole, quality=10)
    return small


@lru_cache(maxsize=32)
def _file(encoding: str, whole: bytes) -> bytes:
    """A file of ours, as small as it gets. Pages are never kept: they hold answers."""
    return brotli.compress(whole) if encoding == "br" else gzip.compress(whole, 9, mtime=0)
