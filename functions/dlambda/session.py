"""The one botocore session of a process: each further one would read the services' models again, and keep 7 MB."""

import gzip
import json
import threading
from functools import lru_cache
from typing import Any

from botocore.config import Config
from botocore.loaders import JSONFileLoader
from botocore.session import Session, get_session

# A session must not make two clients at once.
making_clients = threading.RLock()


def session() -> Session:
    with making_clients:
        return _session()


class _PlainModels(JSONFileLoader):
    """Reads the services' models into plain dicts; the ordered ones of botocore take half as much memory again."""

    def load_file(self, file_path: str) -> Any:
        """The model at `file_path`, which lacks its ending. None without one."""
        for ending, open_ in ((".json", open), (".json.gz", gzip.open)):
            try:
                with open_(file_path + ending, "rb") as file:
                    return json.load(file)
            except FileNotFoundError:
                continue
        return None


@lru_cache(maxsize=1)
def _session() -> Session:
    made = get_session()
    made.get_component("data_loader").file_loader = _PlainModels()
    # The one that botocore would write anew for each request takes a tenth of the request's time.
    made.set_default_client_config(Config(user_agent="dlambda"))
    return made


def make_client(service: str, **options: Any) -> Any:
    """A client of one service. Region, endpoint and credentials come from the environment."""
    with making_clients:
        return session().create_client(service, **options)
