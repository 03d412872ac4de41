"""Keeps botocore's client out of memory until somebody needs it.

PynamoDB imports it for names alone, where the table engine of one machine is asked without it: 12 MB of botocore,
urllib3 and what they load (docs/decisions/one-machine-memory.md). In the place of each module stands one that imports
the real one when a name of it is asked for.
"""

import importlib
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final

import botocore
from botocore.exceptions import ClientError


class _Late(ModuleType):
    """A module that is imported by whoever asks for a name that it lacks."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # of the import system, which asks what kind of module this is
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            sys.modules.pop(self.__name__, None)
        return getattr(importlib.import_module(self.__name__), name)


class _Unused:
    """A class of botocore that PynamoDB names in annotations."""


def _get_session(*arguments: Any, **options: Any) -> Any:
    return importlib.import_module("botocore.session").get_session(*arguments, **options)


_ANNOTATIONS: Final = "pynamodb.connection._botocore_private"
_NAMES: Final[Mapping[str, Mapping[str, Any]]] = {
    "botocore.client": {"ClientError": ClientError},
    "botocore.config": {},
    "botocore.session": {"Session": _Unused, "get_session": _get_session},
}
"""The modules of botocore, and the names that PynamoDB takes while it is imported: nobody else gets these."""


def _import_pynamodb() -> None:
    late = {name: _Late(name) for name in _NAMES if name not in sys.modules}
    for name, module in late.items():
        vars(module).update(_NAMES[name])
        setattr(botocore, name.rpartition(".")[2], module)
    if late:
        annotations = ModuleType(_ANNOTATIONS)
        vars(annotations)["BotocoreBaseClientPrivate"] = _Unused
        sys.modules.update({_ANNOTATIONS: annotations, **late})
    importlib.import_module("pynamodb.connection")
    for name, module in late.items():
        for attribute in _NAMES[name]:
            delattr(module, attribute)


_import_pynamodb()
