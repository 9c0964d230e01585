"""The errors of MongoDB's driver, for code that runs on every database. Pure. A process that does not use the driver
does not load it, which would take as long as to load Django itself."""

import sys
from typing import TypeAlias

Errors: TypeAlias = tuple[type[Exception], ...]


def mongodb_errors(name: str = "PyMongoError") -> Errors:
    """The driver's error of this name, to be caught; none where the driver is not loaded, and so raises nothing."""
    driver = sys.modules.get("pymongo.errors")
    return (getattr(driver, name),) if hasattr(driver, name) else ()


def or_mongodb(*errors: type[Exception], name: str = "PyMongoError") -> Errors:
    """These errors, and the driver's."""
    return errors + mongodb_errors(name)
