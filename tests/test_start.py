"""What a process loads when it starts: a driver that is not used takes time and memory of every start."""

from running import Server

LOADED = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "sbdash.settings"
import sbdash.asgi
from monitoring.pipeline.management.commands import serve
print(sorted({name.partition(".")[0] for name in sys.modules} & {"pymongo", "redis", "daphne", "django"}))
"""


def test_on_sqlite_and_without_redis_neither_driver_is_loaded(prepared: Server) -> None:
    server = Server(prepared.folder, extra={"REDIS_URL": "", "CHAT_MONGODB_URL": ""})
    assert server.run("-c", LOADED).splitlines()[-1] == "['django']"
