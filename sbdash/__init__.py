"""The Django project: settings, URL patterns, and the ASGI application."""
