"""The page of the REST API, made from the OpenAPI document. It needs no log-in, as the document needs none."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from monitoring.api.docs import operations, shapes


class DocsPage(DocsBase):
    """Replaces django-ninja's Swagger page, which has no dark theme, and buttons and links inside buttons."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: object) -> HttpResponse:
        document = api.get_openapi_schema()
        url = f"{request.scheme}://{request.get_host()}"
        context = {"groups": operations(document, url), "shapes": shapes(document), "about": document["info"]}
        return render(request, "api-docs.html", context)
