"""The clients of AWS's services, made at the first request of a process."""

import threading
from concurrent.futures import ThreadPoolExecutor

from dlambda.aws import bucket, queue, s3_client
from dlambda.store import table_connection
from tests.stack import Stack, new_deployment

_THREADS = 12


def test_first_requests_at_once_make_one_client_of_each(stack: Stack) -> None:
    together = threading.Barrier(_THREADS)

    def ask(number: int) -> list[int]:
        together.wait()
        makers = [s3_client.client, queue.client, table_connection.connection]
        made = {make: make() for make in makers[number % 3 :] + makers[: number % 3]}
        return [id(made[s3_client.client]), id(made[table_connection.connection])]

    with new_deployment():
        with ThreadPoolExecutor(_THREADS) as threads:
            found = list(threads.map(ask, range(_THREADS)))
        assert all(each == found[0] for each in found)
        assert bucket.find("nothing") is None
