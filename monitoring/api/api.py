"""The REST API: everything that the pages show, for other programs. A route that writes says so."""

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from monitoring.alerts.rule import Invalid, Stale
from monitoring.api.alert_views import router as alerts
from monitoring.api.annotation_views import router as annotations
from monitoring.api.auth import Cookie, ReadKey, problem
from monitoring.api.docs_page import DocsPage
from monitoring.api.external import SCHEMES, event_schema, external_paths
from monitoring.api.openapi import JSON, complete_document
from monitoring.api.receiver_views import router as receivers
from monitoring.api.report_views import router as reports
from monitoring.api.rest import ShapeRenderer
from monitoring.api.rule_views import router as rules
from monitoring.api.session_views import router as sessions
from monitoring.api.status_views import router as state
from monitoring.stats.errors import Unclear


class Api(NinjaAPI):
    """The OpenAPI document has also the paths that django-ninja does not serve: ingest, health checks, metrics."""

    _whole: OpenAPISchema | None = None

    def get_content_type(self) -> str:
        return JSON

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, object] | None = None
    ) -> OpenAPISchema:
        if self._whole is None:
            document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
            document.update(complete_document(document, external_paths(), {"CloudEvent": event_schema()}, SCHEMES))
            self._whole = document
        return self._whole


api = Api(
    title="sbdash",
    version="1.0",
    description="Figures of chat sessions. Times are RFC 3339 in UTC, `t` is seconds since 1970, durations are in "
    "seconds, costs in USD; an unknown value is null. Responses have an `ETag`: a request with it as `If-None-Match` "
    "gets 304 without a body while nothing has changed. Errors are problem details (RFC 9457).",
    auth=[ReadKey(), Cookie(csrf=False)],
    renderer=ShapeRenderer(),
    urls_namespace="api",
    docs=DocsPage(),
    docs_url="/docs",
    openapi_url="/openapi.json",
)
for router in (sessions, reports, state, annotations, rules, alerts, receivers):
    api.add_router("", router)


@api.exception_handler(AuthenticationError)
def _unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(request, 401, "log in, or send a key with the scope that this needs")


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(request, error.status_code, str(error))


@api.exception_handler(Unclear)
def _unclear(request: HttpRequest, error: Unclear) -> HttpResponse:
    return problem(request, 422, str(error))


@api.exception_handler(Invalid)
def _invalid_rule(request: HttpRequest, error: Invalid) -> HttpResponse:
    return problem(request, 422, str(error))


@api.exception_handler(Stale)
def _stale_rule(request: HttpRequest, error: Stale) -> HttpResponse:
    return problem(request, 409, str(error))


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0] if error.errors else {"loc": (), "msg": "invalid"}
    return problem(request, 422, f"{'.'.join(map(str, first['loc'][1:]))}: {first['msg']}")
