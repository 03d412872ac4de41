"""Sessions of botocore that take little memory."""

import gzip
import json
from collections.abc import Mapping
from typing import Any

from botocore.config import Config
from botocore.loaders import JSONFileLoader
from botocore.session import Session

from dlambda import service_absence, traces
from dlambda.service_access import ServiceAccess


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


class _ServicesSession(Session):
    """A session whose clients have the access of their service, where that is another one than all services'."""

    def __init__(self, access: Mapping[str, ServiceAccess]) -> None:
        super().__init__()
        self._access = access

    def create_client(self, service_name: str, region_name: str | None = None, *arguments: Any, **options: Any) -> Any:
        """As botocore's; what the service has of its own wins over what all services have."""
        own = self._access[service_name].options() if service_name in self._access else {}
        region = own.pop("region_name", region_name)
        return super().create_client(service_name, region, *arguments, **{**options, **own})


def new_session(access: Mapping[str, ServiceAccess]) -> Session:
    """A session. It must not make two clients at once (`Deployment.client`)."""
    session = _ServicesSession(access)
    session.get_component("data_loader").file_loader = _PlainModels()
    # The one that botocore would write anew for each request takes a tenth of the request's time.
    session.set_default_client_config(Config(user_agent="dlambda"))
    events = session.get_component("event_emitter")
    traces.watch(events)
    service_absence.watch(events)
    return session
