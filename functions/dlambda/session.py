"""The one botocore session of a process: each further one would read the services' models again, and keep 7 MB."""

import threading
from functools import lru_cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

# A session must not make two clients at once.
making_clients = threading.RLock()


def session() -> Session:
    with making_clients:
        return _session()


@lru_cache(maxsize=1)
def _session() -> Session:
    made = get_session()
    # The one that botocore would write anew for each request takes a tenth of the request's time.
    made.set_default_client_config(Config(user_agent="dlambda"))
    return made


def make_client(service: str, **options: Any) -> Any:
    """A client of one service. Region, endpoint and credentials come from the environment."""
    with making_clients:
        return session().create_client(service, **options)
