"""Django's own applications with ChosenKey as their primary keys: MongoDB has no auto-increment."""

from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.apps import AuthConfig
from django.contrib.contenttypes.apps import ContentTypesConfig

KEYS = "sbdash.fields.ChosenKey"


class Admin(AdminConfig):
    default_auto_field = KEYS


class Auth(AuthConfig):
    default_auto_field = KEYS


class ContentTypes(ContentTypesConfig):
    default_auto_field = KEYS
