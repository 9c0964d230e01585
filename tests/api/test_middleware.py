"""The middleware of REST: problem details, entity tags, bodies of HEAD; what counts as a database that is down."""

import json

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.test import RequestFactory

from monitoring.api.auth import is_database_down
from monitoring.api.middleware import RestMiddleware, as_problem, with_etag, without_body

ASK = RequestFactory()


def test_an_error_of_django_becomes_problem_details() -> None:
    answer = as_problem(ASK.get("/api/v1/nothing"), HttpResponse("<h1>Not Found</h1>", status=404))
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content) == {
        "type": "about:blank", "title": "there is no such path", "status": 404, "instance": "/api/v1/nothing",
    }  # fmt: skip


def test_the_allowed_methods_are_kept_and_a_page_is_left_as_it_is() -> None:
    assert as_problem(ASK.post("/api/v1/usage"), HttpResponseNotAllowed(["GET"])).headers["Allow"] == "GET"
    page = HttpResponse("fine")
    assert as_problem(ASK.get("/api/v1/usage"), page) is page


def test_equal_bodies_have_equal_tags_and_a_known_tag_gets_304_without_a_body() -> None:
    tag = with_etag(ASK.get("/"), HttpResponse("a")).headers["ETag"]
    assert tag == with_etag(ASK.get("/"), HttpResponse("a")).headers["ETag"]
    assert tag != with_etag(ASK.get("/"), HttpResponse("b")).headers["ETag"]
    assert not tag.startswith("W/")
    again = with_etag(ASK.get("/", headers={"If-None-Match": tag}), HttpResponse("a"))
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize("answer", [HttpResponse("a", status=404), StreamingHttpResponse(["a"])])
def test_an_error_and_a_stream_have_no_tag(answer: HttpResponse) -> None:
    assert "ETag" not in with_etag(ASK.get("/"), answer).headers


def test_head_has_the_length_of_the_body_and_no_body() -> None:
    answer = without_body(HttpResponse("four"))
    assert (answer.content, answer.headers["Content-Length"]) == (b"", "4")
    assert "Content-Length" not in without_body(HttpResponse(status=304)).headers


@pytest.mark.django_db
def test_head_makes_no_stream() -> None:
    def rows():
        raise AssertionError("a row was made")
        yield

    answer = without_body(StreamingHttpResponse(rows(), content_type="text/csv"))
    assert (answer.content, answer.headers["Content-Type"]) == (b"", "text/csv")


def test_shared_caches_keep_nothing_of_rest_and_pages_are_not_touched() -> None:
    middleware = RestMiddleware(lambda request: HttpResponse("{}"))
    rest, page = middleware(ASK.get("/api/v1/usage")), middleware(ASK.get("/usage/"))
    assert (rest.headers["Cache-Control"], rest.headers["Vary"]) == ("private, no-cache", "Authorization, Cookie")
    assert not {"Cache-Control", "Vary", "ETag"} & page.headers.keys()


def test_a_database_is_down_also_where_another_error_hides_it() -> None:
    hidden = DatabaseError("wrapped")
    hidden.__cause__ = InterfaceError("closed")
    assert [is_database_down(error) for error in (OperationalError(), InterfaceError(), hidden)] == [True] * 3
    assert [is_database_down(error) for error in (DatabaseError("a bug"), ValueError(), None)] == [False] * 3
