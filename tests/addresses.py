"""Every address of the project and every topic of its sockets, and what each says to whom.

Alice owns, Bob is staff, Charlie owns other sessions, Dora looks after the rest; and nobody.
"""

WHO = ("alice", "bob", "charlie", "dora", None)
Row = tuple[str, tuple[int, int, int, int, int]]
"""An address, and the status for Alice, Bob, Charlie, Dora and nobody. Redirects lead to the log-in unless said."""

ALL, KNOWN, STAFF, HERS = (200,) * 5, (200, 200, 200, 200, 401), (403, 200, 403, 200, 401), (200, 200, 404, 200, 401)
OWN = (200, 404, 200, 404, 401)
"""Bob and Dora own no session."""
ADMINS = (403, 403, 403, 200, 401)
ADMIN, GONE = (302, 302, 302, 200, 302), (302, 302, 302, 302, 302)
TABLE: dict[str, Row] = {
    "healthz": ("/healthz", ALL),
    "readyz": ("/readyz", ALL),
    "ready": ("/ready", ALL),
    "loki/api/v1/push/ready": ("/loki/api/v1/push/ready", ALL),
    "metrics": ("/metrics", ALL),
    "favicon.ico": ("/favicon.ico", (302,) * 5),
    "login/": ("/login/", (302, 302, 302, 302, 200)),
    "": ("/", (302, 200, 302, 200, 302)),
    "docs/<slug:name>/": ("/docs/connect/", (200, 200, 200, 200, 302)),
    "mine/": ("/mine/", (200, 200, 200, 200, 302)),
    "mine/sessions/": ("/mine/sessions/", (200, 200, 200, 200, 302)),
    "usage/": ("/usage/", (403, 200, 403, 200, 302)),
    "responses/": ("/responses/", (403, 200, 403, 200, 302)),
    "operations/": ("/operations/", (403, 200, 403, 200, 302)),
    "alerts/": ("/alerts/", (403, 200, 403, 200, 302)),
    "alerts/rules/new/": ("/alerts/rules/new/", (403, 403, 403, 200, 302)),
    "alerts/rules/<int:rule_id>/": ("/alerts/rules/1/", (403, 403, 403, 200, 302)),
    "report/": ("/report/", (403, 200, 403, 200, 302)),
    "sessions/": ("/sessions/", (403, 200, 403, 200, 302)),
    "operations/check/": ("/operations/check/", (403, 200, 403, 200, 302)),
    "sessions/<segment:session_id>/check/": ("/sessions/hers/check/", (403, 200, 403, 200, 302)),
    "sessions/<segment:session_id>/": ("/sessions/hers/", (200, 200, 404, 200, 302)),
    "demo/": ("/demo/", (200, 200, 200, 200, 302)),
    "demo/stop/": ("/demo/stop/", (405,) * 5),
    "logout/": ("/logout/", (405,) * 5),
    "api/v1/": ("/api/v1/", (404,) * 5),
    "api/v1/openapi.json": ("/api/v1/openapi.json", ALL),
    "api/v1/docs": ("/api/v1/docs", ALL),
    "api/v1/sessions": ("/api/v1/sessions", KNOWN),
    "api/v1/sessions.csv": ("/api/v1/sessions.csv", KNOWN),
    "api/v1/sessions/<segment:session_id>/timeline": ("/api/v1/sessions/hers/timeline", HERS),
    "api/v1/usage": ("/api/v1/usage", STAFF),
    "api/v1/responses": ("/api/v1/responses", STAFF),
    "api/v1/operations": ("/api/v1/operations", STAFF),
    "api/v1/mine": ("/api/v1/mine", OWN),
    "api/v1/definitions": ("/api/v1/definitions", KNOWN),
    "api/v1/prices": ("/api/v1/prices", STAFF),
    "api/v1/sessions/<segment:session_id>": ("/api/v1/sessions/hers", HERS),
    "api/v1/sessions/<segment:session_id>/statistics": ("/api/v1/sessions/hers/statistics", HERS),
    "api/v1/sessions/<segment:session_id>/messages": ("/api/v1/sessions/hers/messages", HERS),
    "api/v1/annotations": ("/api/v1/annotations", STAFF),
    "api/v1/rules": ("/api/v1/rules", STAFF),
    "api/v1/rules/<int:rule_id>": ("/api/v1/rules/1", STAFF),
    "api/v1/rules/backtest": ("/api/v1/rules/backtest", (405,) * 5),
    "api/v1/rules/history": ("/api/v1/rules/history", (405,) * 5),
    "api/v1/rules/propose": ("/api/v1/rules/propose", (405,) * 5),
    "api/v1/alerts": ("/api/v1/alerts", STAFF),
    "api/v1/alerts/<int:alert_id>": ("/api/v1/alerts/1", (403, 404, 403, 404, 401)),
    "api/v1/alerts/<int:alert_id>/acknowledge": ("/api/v1/alerts/1/acknowledge", (405,) * 5),
    "api/v1/alerts/<int:alert_id>/mark": ("/api/v1/alerts/1/mark", (405,) * 5),
    "api/v1/silences": ("/api/v1/silences", STAFF),
    "api/v1/silences/<int:silence_id>": ("/api/v1/silences/1", (405,) * 5),
    "api/v1/silences/preview": ("/api/v1/silences/preview", (405,) * 5),
    "api/v1/receivers": ("/api/v1/receivers", STAFF),
    "api/v1/receivers/<segment:name>": ("/api/v1/receivers/hook", (405,) * 5),
    "api/v1/receivers/<segment:name>/test": ("/api/v1/receivers/hook/test", (405,) * 5),
    "api/v1/deliveries": ("/api/v1/deliveries", ADMINS),
    "api/v1/deliveries/<segment:message_id>/retry": ("/api/v1/deliveries/1-2/retry", (405,) * 5),
    "api/v1/metrics/<segment:name>": ("/api/v1/metrics/messages", STAFF),
    "api/v1/health": ("/api/v1/health", STAFF),
    "api/v1/sources": ("/api/v1/sources", STAFF),
    "api/v1/consistency": ("/api/v1/consistency", STAFF),
    "api/v1/security/events": ("/api/v1/security/events", KNOWN),
    "admin/": ("/admin/", ADMIN),
    "admin/login/": ("/admin/login/", (403, 403, 403, 302, 302)),
    "admin/logout/": ("/admin/logout/", (302, 302, 302, 405, 302)),
    "admin/password_change/": ("/admin/password_change/", ADMIN),
    "admin/password_change/done/": ("/admin/password_change/done/", ADMIN),
    "admin/autocomplete/": ("/admin/autocomplete/", (302, 302, 302, 403, 302)),
    "admin/jsi18n/": ("/admin/jsi18n/", ADMIN),
    "admin/r/<path:content_type_id>/<path:object_id>/": ("/admin/r/1/1/", (302, 302, 302, 404, 302)),
    "admin/^(?P<app_label>people|auth|stats)/$": ("/admin/people/", ADMIN),
    "admin/(?P<url>.*)$": ("/admin/nothing/here/", (302, 302, 302, 404, 302)),
    "admin/people/user/<id>/password/": ("/admin/people/user/1/password/", (302, 302, 302, 404, 302)),
}
for model in ("auth/group", "people/user", "people/apikey", "stats/price"):
    TABLE |= {
        f"admin/{model}/": (f"/admin/{model}/", ADMIN),
        f"admin/{model}/add/": (f"/admin/{model}/add/", ADMIN),
        f"admin/{model}/<path:object_id>/": (f"/admin/{model}/77/", GONE),
        f"admin/{model}/<path:object_id>/history/": (f"/admin/{model}/77/history/", GONE),
        f"admin/{model}/<path:object_id>/delete/": (f"/admin/{model}/77/delete/", GONE),
        f"admin/{model}/<path:object_id>/change/": (f"/admin/{model}/77/change/", GONE),
    }
TABLE["admin/stats/price/<path:object_id>/delete/"] = ("/admin/stats/price/77/delete/", (302, 302, 302, 403, 302))
"""What a price was, stays."""

SAYS, LOGGED_OUT, FORBIDDEN = 0, 4401, 4403
"""What a socket does: it sends frames, or closes with a code."""
FOR_STAFF = (FORBIDDEN, SAYS, FORBIDDEN, SAYS, LOGGED_OUT)
WATCHED: dict[str, Row] = {
    "overview": ("overview", FOR_STAFF),
    "usage": ("usage", FOR_STAFF),
    "responses": ("responses", FOR_STAFF),
    "operations": ("operations", FOR_STAFF),
    "alerts": ("alerts", FOR_STAFF),
    "mine": ("mine", (SAYS, SAYS, SAYS, SAYS, LOGGED_OUT)),
    "session/": ("session/hers", (SAYS, SAYS, FORBIDDEN, SAYS, LOGGED_OUT)),
}
"""By topic: what is subscribed to, and what comes of it."""
