"""Answers that are none: every failure is JSON with a code and what to do, and never a traceback."""

import hmac
import time
from collections.abc import Callable, Mapping

import orjson
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import SecretStr

from schemas.serving import Failure, Problem
from streams.web.catalogue import NotKnownYetError
from streams.worker.health import HEALTH_PATHS

log = structlog.get_logger(__name__)

#: Told the route, the status and the seconds of every request for products.
Observe = Callable[[str, int, float], None]

_CODES = {
    401: "unauthorised",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    503: "not_known_yet",
}
#: When to ask again for what cannot be told yet.
_RETRY_AFTER_S = 1


class ApiError(Exception):
    """A request that is not answered.

    Attributes:
        status: of the answer.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def failures_as_json(observe: Observe) -> Middleware:
    """A middleware that turns every error into a `Failure`, and times every request."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        try:
            response = await handler(request)
        except ApiError as error:
            response = _failure(error.status, str(error))
        except NotKnownYetError as error:
            response = _failure(503, str(error), headers={"Retry-After": str(_RETRY_AFTER_S)})
        except web.HTTPException as error:
            response = _of_framework(request, error)
        except Exception:
            log.exception("a request failed", path=request.path, method=request.method)
            response = _failure(500, "this server could not make an answer; its log says why")
        if request.path not in HEALTH_PATHS:
            observe(_route(request), response.status, time.perf_counter() - started)
        return response

    return middleware


def requires_token(token: SecretStr | None) -> Middleware:
    """A middleware that lets requests for products in only with the bearer token, if there is one."""
    wanted = f"Bearer {token.get_secret_value()}".encode() if token is not None else None

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if wanted is not None and request.path not in HEALTH_PATHS:
            got = request.headers.get("Authorization", "")
            if not hmac.compare_digest(got.encode("utf-8", "surrogateescape"), wanted):
                raise ApiError(
                    401,
                    "wanted the header Authorization: Bearer TOKEN with this server's token, got "
                    + ("another one" if got else "none"),
                )
        return await handler(request)

    return middleware


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"


def _of_framework(request: web.Request, error: web.HTTPException) -> web.Response:
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        message = f"wanted {allowed} on {request.path[:200]}, got {request.method}"
        return _failure(405, message, headers={"Allow": allowed})
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return _failure(413, "the body is too large; ask for fewer products at once")
    if error.status == 404:
        return _failure(404, f"there is no page {request.path[:200]}; /openapi.json lists those there are")
    return _failure(error.status, error.reason)


def _failure(status: int, message: str, *, headers: Mapping[str, str] | None = None) -> web.Response:
    told = {"Cache-Control": "no-store", **(headers or {})}
    if status == 401:
        told["WWW-Authenticate"] = "Bearer"
    code = _CODES.get(status) or ("bad_request" if status < 500 else "internal")
    problem = Failure(error=Problem.model_validate({"code": code, "message": message}))
    return web.Response(
        body=orjson.dumps(problem.model_dump()), status=status, headers=told, content_type="application/json"
    )
