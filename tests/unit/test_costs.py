"""What AWS costs: tests/costs/model.py."""

import pytest

from tests.costs.model import PRICES, Assumptions, Work, download, hour_played, idle_month, invocation, observed_month

COUNTED = {"write_units": 60.0, "read_units": 15.0, "lease_units": 1.0, "messages": 3.0}
MEMORY = {"OnDownloadFunction": 3008, "OnIntakeFunction": 2048, "HistoryFunction": 1024, "PlayerFunction": 2048}


def dollars(work: Work) -> float:
    return sum(work.dollars().values())


def test_a_second_with_a_gigabyte_costs_what_the_price_says() -> None:
    assert invocation(1, 1024).dollars()["Lambda, GB-seconds"] == pytest.approx(PRICES["Lambda, GB-seconds"])


def test_work_adds_up() -> None:
    assert (invocation(1, 1024) + invocation(2, 512)).times(3).amounts == {
        "Lambda, GB-seconds": 6.0, "Lambda, requests": 6,
    }  # fmt: skip


def test_a_slow_source_costs_its_waiting() -> None:
    usual = dollars(download(COUNTED, Assumptions(), MEMORY))
    assert dollars(download(COUNTED, Assumptions(source_mb_per_second=1), MEMORY)) > 5 * usual


def test_more_write_units_cost_their_price_and_nothing_else() -> None:
    more = download(COUNTED | {"write_units": 1060.0}, Assumptions(), MEMORY)
    less = download(COUNTED, Assumptions(), MEMORY)
    assert dollars(more) - dollars(less) == pytest.approx(1000 * PRICES["DynamoDB, write units"])


def test_a_film_that_was_played_before_costs_less() -> None:
    again, first = (dollars(hour_played(Assumptions(), MEMORY, again=again)) for again in (True, False))
    assert again < first / 2


def test_an_idle_stack_costs_its_secrets_its_queues_and_its_round() -> None:
    nothing, something = idle_month(0, 0), idle_month(4, 9)
    assert something["secrets"] == pytest.approx(1.6)
    assert nothing["queues that are asked"] == 0 < something["queues that are asked"]
    assert something["the minute's round"] == nothing["the minute's round"] > 0


def test_metrics_alarms_and_the_dashboard_cost_by_the_month() -> None:
    assert sum(observed_month(alarms=10, metrics=20).values()) == pytest.approx(1 + 6 + 3)
