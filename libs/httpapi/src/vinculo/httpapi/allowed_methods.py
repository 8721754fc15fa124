"""Which methods an address takes, over all of its routes: a router answers for the first alone."""

from functools import cache
from re import Pattern

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.requests import Request
from starlette.routing import compile_path


def allowed_methods(request: Request) -> str:
    """As the header `Allow` names them."""
    app = request.app
    if not isinstance(app, FastAPI):
        return ""
    found = {
        method
        for route in iter_route_contexts(app.routes)
        if route.path and _pattern(route.path).match(request.scope["path"])
        for method in route.methods or ()
    }
    return ", ".join(sorted(found))


@cache
def _pattern(path: str) -> Pattern[str]:
    pattern, _, _ = compile_path(path)
    return pattern
