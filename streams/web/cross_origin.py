"""Lets pages of other origins ask from within a browser (CORS)."""

from collections.abc import Collection

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from streams.worker.health import HEALTH_PATHS

_ANY = "*"
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "600",
}
_EXPOSED = "ETag, Retry-After"


def allows_origins(origins: Collection[str]) -> Middleware:
    """A middleware that tells browsers which pages may read answers on products; without origins, none.

    Args:
        origins: scheme, host and port of each; `*` for all.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not origins or request.path in HEALTH_PATHS:
            return await handler(request)
        origin = request.headers.get("Origin", "")
        is_allowed = bool(origin) and (_ANY in origins or origin in origins)
        if is_allowed and _is_preflight(request):
            response: web.StreamResponse = web.Response(status=204, headers=_PREFLIGHT)
        else:
            response = await handler(request)
        if _ANY not in origins:
            response.headers.add("Vary", "Origin")
        if is_allowed:
            response.headers["Access-Control-Allow-Origin"] = _ANY if _ANY in origins else origin
            response.headers["Access-Control-Expose-Headers"] = _EXPOSED
        return response

    return middleware


def _is_preflight(request: web.Request) -> bool:
    """Whether a browser asks if it may ask."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
