"""Several nodes, in short (the long run: `python -m tests.e2e.two_nodes --items 200`)."""

from pathlib import Path

import pytest

from local import foreign
from local.start_error import StartError
from tests.e2e import two_nodes
from tests.e2e.other_engines import ENGINES
from tests.stack import plan

SIGNED = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


@pytest.mark.slow
@pytest.mark.parametrize("items", [8, pytest.param(200, marks=pytest.mark.nightly)])
def test_a_killed_node_loses_nothing_and_every_client_hears_everything(tmp_path: Path, items: int) -> None:
    figures = two_nodes.run(items, tmp_path)
    print(figures.report())
    assert not figures.problems, figures.report()


def test_another_secret_and_a_name_that_is_taken_stop_the_start(tmp_path: Path) -> None:
    (dynoxide,) = (engine for engine in ENGINES if engine.name == "dynoxide")
    tables = [table for table in plan().tables if table.name in {"state", "connections"}]
    with dynoxide.run(tmp_path / "tables") as address:
        service = foreign.Service("dynamodb", address, SIGNED)
        foreign.make_tables(service, tables, "dlambda-")
        for _ in range(2):
            foreign.check_secret(service, "dlambda-", two_nodes.SECRET)
        with pytest.raises(StartError, match="another secret"):
            foreign.check_secret(service, "dlambda-", "another")
        row = {"room": {"S": "nodes"}, "id": {"S": "kitchen"}, "identity": {"S": "ab"}, "seen_at": {"N": "9" * 12}}
        service.ask("PutItem", {"TableName": "dlambda-connections", "Item": row})
        foreign.check_name(service, "dlambda-", "kitchen", "ab")
        foreign.check_name(service, "dlambda-", "cellar", "cd")
        with pytest.raises(StartError, match="DLAMBDA_NODE"):
            foreign.check_name(service, "dlambda-", "kitchen", "cd")
