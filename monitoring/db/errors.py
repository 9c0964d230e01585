"""The error classes of MongoDB's driver, for code that runs on every database. Pure. The driver is not imported here: a
process without MongoDB does not load it, since its import takes as long as Django's."""

import sys
from typing import TypeAlias

Errors: TypeAlias = tuple[type[Exception], ...]


def mongodb_errors(name: str = "PyMongoError") -> Errors:
    """Returns the driver's error class of this name for an `except` clause; an empty tuple if the driver is not loaded,
    since nothing can then raise it."""
    driver = sys.modules.get("pymongo.errors")
    return (getattr(driver, name),) if hasattr(driver, name) else ()


def or_mongodb(*errors: type[Exception], name: str = "PyMongoError") -> Errors:
    """Returns `errors` and the driver's error class of this name."""
    return errors + mongodb_errors(name)
