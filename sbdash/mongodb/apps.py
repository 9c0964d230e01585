"""Django's own apps with keys that the application chooses: MongoDB counts nothing up."""

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
