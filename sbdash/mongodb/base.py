"""django-mongodb-backend with unique indexes that MongoDB also uses for queries."""

from typing import Any

from django_mongodb_backend import base, schema  # type: ignore[import-untyped]
from pymongo import IndexModel


class SchemaEditor(schema.DatabaseSchemaEditor):  # type: ignore[misc]
    """Creates full unique indexes on columns that are not nullable. The original creates partial ones, to allow several
    nulls; MongoDB does not use a partial index for plain equality."""

    def add_index(self, model: Any, index: Any, *, field: Any = None, unique: bool = False, **place: Any) -> None:
        fields = [field] if field else [model._meta.get_field(name) for name in index.fields]
        if not unique or index.condition or any(one.null for one in fields):
            super().add_index(model, index, field=field, unique=unique, **place)
            return
        columns = [(one.column, 1) for one in fields]
        self.get_collection(model._meta.db_table).create_indexes([IndexModel(columns, name=index.name, unique=True)])


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]
    SchemaEditorClass = SchemaEditor
