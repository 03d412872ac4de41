"""API keys at rest, their windows and their meters."""

import concurrent.futures
import secrets
import time

import pytest

from dlambda.domain.orders.key import Key, Permission
from dlambda.errors import NameInUse, NotFound
from dlambda.store import keys, meters, windows
from dlambda.store.meters import Meter, OverQuota

VALUE = "a-very-secret-value"
NOW = 1_800_000_000.0


def make(name="robot", value=VALUE, permissions=(Permission.GET_VIDEO,)):
    key = Key(keys.id_of(value), name, permissions, 1000, NOW)
    keys.add(key, value)
    return key


def test_a_key_is_found_by_its_value_alone(tables):
    key = make(permissions=(Permission.GET_INFO, Permission.GET_VIDEO))
    assert keys.find(VALUE) == key
    assert keys.find("another") is None
    assert keys.get("robot") == (key, VALUE)
    assert keys.list_() == [(key, VALUE)]


def test_no_row_holds_a_value_in_clear(stack):
    make()
    assert VALUE not in str(stack.rows("keys"))


def test_a_name_is_used_once(tables):
    make()
    with pytest.raises(NameInUse):
        make(value="other")
    assert keys.find("other") is None


def test_a_removed_key_is_unknown_and_its_name_free(tables):
    make()
    keys.remove("robot")
    assert keys.find(VALUE) is None
    assert keys.list_() == []
    with pytest.raises(NotFound):
        keys.remove("robot")
    make(value="other")
    assert keys.find("other").name == "robot"


def test_a_key_that_was_removed_meanwhile_is_not_revived_by_its_use(tables):
    key = make()
    assert keys.touch(key, NOW + 5).last_access == NOW + 5
    assert keys.find(VALUE).last_access == NOW + 5
    keys.remove("robot")
    keys.touch(key, NOW + 9)
    assert keys.find(VALUE) is None


def test_whether_there_is_any_key(tables):
    assert not keys.any_exists()
    make()
    assert keys.any_exists()


def enter(order_id, now, limit=3):
    return windows.enter("k", order_id, now, limit=limit, seconds=60)


def test_a_window_takes_as_many_as_its_limit_and_says_when_there_is_room(tables):
    assert [enter(f"o{n}", NOW + n) for n in range(3)] == [0, 0, 0]
    assert enter("late", NOW + 10) == pytest.approx(50)
    assert enter("later", NOW + 60.5) == 0
    assert enter("again", NOW + 60.6) == pytest.approx(0.4, abs=0.01)


def test_an_order_that_came_to_nothing_leaves_room(tables):
    for number in range(3):
        enter(f"o{number}", NOW)
    windows.leave("k", "o1", NOW)
    assert enter("new", NOW + 1) == 0
    assert enter("one more", NOW + 1) > 0


def test_windows_of_keys_are_apart(tables):
    enter("o1", NOW, limit=1)
    assert windows.enter("other", "o2", NOW, limit=1, seconds=60) == 0
    windows.forget("k")
    assert enter("o3", NOW, limit=1) == 0


def test_parallel_orders_fill_a_window_exactly(stack):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        waits = list(pool.map(lambda n: enter(f"o{n}", NOW + n / 1000, limit=20), range(100)))
    assert waits.count(0) == 20


def test_parallel_orders_at_the_windows_edge_neither_lose_nor_double(stack):
    for number in range(20):
        enter(f"old{number}", NOW, limit=20)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        waits = list(pool.map(lambda n: enter(f"new{n}", NOW + 61 + n / 1000, limit=20), range(60)))
    assert waits.count(0) == 20


def raise_to(meter, size, now=NOW, key_limit=1000, all_limit=1500):
    return meters.raise_to(meter, size, now, key_limit=key_limit, all_limit=all_limit, seconds=60)


def test_a_meter_counts_while_bytes_arrive_and_never_twice(tables):
    meter = raise_to(Meter.of("k", "a"), 100)
    meter = raise_to(meter, 400, NOW + 1)
    assert raise_to(meter, 300).bytes == 400
    assert raise_to(Meter.of("k", "a"), 500, NOW + 2).bytes == 500
    assert meters.used(["k", "other"], NOW + 2, 60) == {"k": 500, "other": 0}


def test_a_key_may_not_bring_more_than_its_quota(tables):
    raise_to(Meter.of("k", "a"), 700)
    second = raise_to(Meter.of("k", "b"), 300)
    with pytest.raises(OverQuota) as refused:
        raise_to(second, 301)
    assert not refused.value.of_all
    assert meters.used(["k"], NOW, 60) == {"k": 1000}


def test_all_keys_together_may_not_bring_more_than_there_is(tables):
    raise_to(Meter.of("k", "a"), 1000)
    raise_to(Meter.of("l", "b"), 500)
    with pytest.raises(OverQuota) as refused:
        raise_to(Meter.of("m", "c"), 1)
    assert refused.value.of_all


def test_what_is_older_than_the_quotas_time_counts_no_more(tables):
    raise_to(Meter.of("k", "a"), 1000)
    assert meters.used(["k"], NOW + 60, 60) == {"k": 0}
    assert raise_to(Meter.of("k", "b"), 900, NOW + 60).bytes == 900
    assert meters.prune(NOW + 60, 60) == 0
    assert meters.prune(NOW + 120, 60) == 900


def test_an_order_larger_than_the_quota_is_refused_at_once(tables):
    with pytest.raises(OverQuota):
        raise_to(Meter.of("k", "a"), 1001)
    assert meters.used(["k"], NOW, 60) == {"k": 0}


def test_parallel_meters_never_pass_the_quota(stack):
    def bring(number):
        meter = Meter.of("k", f"o{number}")
        try:
            for size in (30, 60, 90):
                meter = raise_to(meter, size, time.time())
        except OverQuota:
            pass
        return meter.bytes

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        brought = list(pool.map(bring, range(16)))
    assert sum(brought) <= 1000
    assert meters.used(["k"], time.time(), 60)["k"] == sum(brought)
    assert sum(brought) > 1000 - 90


def test_values_of_keys_are_not_told_by_their_ids():
    value = secrets.token_urlsafe(8)
    assert value not in keys.id_of(value)
    assert keys.id_of(value) == keys.id_of(value) != keys.id_of(value + "x")
