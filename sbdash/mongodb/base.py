"""django-mongodb-backend, with unique indexes that MongoDB also finds things by."""

from typing import Any

from django_mongodb_backend import base, schema  # type: ignore[import-untyped]
from pymongo import IndexModel


class SchemaEditor(schema.DatabaseSchemaEditor):  # type: ignore[misc]
    """The original makes every unique index a partial one, so that many nulls may stand beside each other; and MongoDB
    does not use a partial index for plain equality. Where a column is never null, ours holds every document."""

    def add_index(self, model: Any, index: Any, *, field: Any = None, unique: bool = False, **place: Any) -> None:
        named = [field] if field else [model._meta.get_field(name) for name in index.fields]
        if not unique or index.condition or any(column.null for column in named):
            super().add_index(model, index, field=field, unique=unique, **place)
            return
        columns = [(column.column, 1) for column in named]
        self.get_collection(model._meta.db_table).create_indexes([IndexModel(columns, name=index.name, unique=True)])


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]
    SchemaEditorClass = SchemaEditor
