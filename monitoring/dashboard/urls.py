"""URL patterns of the pages."""

from django.contrib.auth.views import LoginView, LogoutView
from django.templatetags.static import static
from django.urls import path
from django.views.generic import RedirectView

from monitoring.dashboard import check_views, views

urlpatterns = [
    path("favicon.ico", RedirectView.as_view(url=static("img/mark.svg"))),
    path("login/", LoginView.as_view(template_name="login.html", redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("", views.overview, name="overview"),
    path("demo/", views.demo, name="demo"),
    path("demo/stop/", views.stop_demo, name="stop_demo"),
    path("operations/", views.operations, name="operations"),
    path("operations/check/", check_views.check_all, name="check_all"),
    path("alerts/", views.alerts, name="alerts"),
    path("alerts/rules/new/", views.rule, name="new_rule"),
    path("alerts/rules/<int:rule_id>/", views.rule, name="rule"),
    path("docs/<slug:name>/", views.doc, name="doc"),
    path("mine/", views.mine, name="mine"),
    path("mine/sessions/", views.own_sessions, name="own_sessions"),
    path("usage/", views.usage, name="usage"),
    path("report/", views.report, name="report"),
    path("responses/", views.responses, name="responses"),
    path("sessions/", views.sessions, name="sessions"),
    path("sessions/<segment:session_id>/", views.session, name="session"),
    path("sessions/<segment:session_id>/check/", check_views.check_one, name="check_one"),
]
