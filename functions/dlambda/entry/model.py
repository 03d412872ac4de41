"""The bases of the models of requests and answers.

What validates a model is built at its first use: a function answers with few of those that its document has, and would
build all of them at each start. pydantic lets one thread build.
"""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, RootModel

T = TypeVar("T")


class Model(BaseModel):
    """An object."""

    model_config = ConfigDict(defer_build=True)


class Root(RootModel[T]):
    """A value that is no object: a list, or whatever a route reads by hand."""

    model_config = ConfigDict(defer_build=True)
