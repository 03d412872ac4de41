"""API keys at rest, their windows and their meters."""

import concurrent.futures
import secrets
import time

import pytest

from dlambda.domain.orders.key import Key, Permission
from dlambda.errors import Forbidden, NameInUse, NotFound
from dlambda.store.orders import keys, quota_usage, rate_limits
from dlambda.store.orders.quota_usage import Limits, Meter, OverQuota

VALUE = "a-very-secret-value"
NOW = 1_800_000_000.0


def make(name="robot", value=VALUE, permissions=(Permission.GET_VIDEO,), makers=(), most_made=9):
    key = Key(keys.id_of(value), name, permissions, 1000, NOW, makers=makers)
    keys.add(key, value, most_made=most_made)
    return key


def make_chain(*names):
    """Each made by the one before it."""
    chain = []
    for name in names:
        chain.append(make(name, f"value of {name}", makers=tuple(key.id for key in chain)))
    return chain


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


def enter_as(key_id, order_id, now, *makers, limit=3):
    """In how many seconds there is room for the order; 0 when there was."""
    try:
        rate_limits.record(order_id, now, limits=dict.fromkeys((key_id, *makers), limit), seconds=60)
    except rate_limits.RateLimitReached as reached:
        return reached.wait_seconds
    return 0


def enter(order_id, now, limit=3):
    return enter_as("k", order_id, now, limit=limit)


def test_a_window_takes_as_many_as_its_limit_and_says_when_there_is_room(tables):
    assert [enter(f"o{n}", NOW + n) for n in range(3)] == [0, 0, 0]
    assert enter("late", NOW + 10) == pytest.approx(50)
    assert enter("later", NOW + 60.5) == 0
    assert enter("again", NOW + 60.6) == pytest.approx(0.4, abs=0.01)


def test_an_order_that_came_to_nothing_leaves_room(tables):
    for number in range(3):
        enter(f"o{number}", NOW)
    rate_limits.withdraw(["k"], "o1", NOW)
    assert enter("new", NOW + 1) == 0
    assert enter("one more", NOW + 1) > 0


def test_windows_of_keys_are_apart(tables):
    enter("o1", NOW, limit=1)
    assert enter_as("other", "o2", NOW, limit=1) == 0
    rate_limits.remove("k")
    assert enter("o3", NOW, limit=1) == 0


def test_parallel_orders_fill_a_window_exactly(parallel_tables):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        waits = list(pool.map(lambda n: enter(f"o{n}", NOW + n / 1000, limit=20), range(100)))
    assert waits.count(0) == 20


def test_parallel_orders_at_the_windows_edge_neither_lose_nor_double(parallel_tables):
    for number in range(20):
        enter(f"old{number}", NOW, limit=20)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        waits = list(pool.map(lambda n: enter(f"new{n}", NOW + 61 + n / 1000, limit=20), range(60)))
    assert waits.count(0) == 20


def raise_to(meter, size, now=NOW, key_limit=1000, all_limit=1500, **makers):
    return quota_usage.raise_to(meter, size, now, Limits(key_limit, all_limit, 60, makers))


def test_a_meter_counts_while_bytes_arrive_and_never_twice(tables):
    meter = raise_to(Meter.of("k", "a"), 100)
    meter = raise_to(meter, 400, NOW + 1)
    assert raise_to(meter, 300).bytes == 400
    assert raise_to(Meter.of("k", "a"), 500, NOW + 2).bytes == 500
    assert quota_usage.usage_by_key(["k", "other"], NOW + 2, 60) == {"k": 500, "other": 0}


def test_a_key_may_not_bring_more_than_its_quota(tables):
    raise_to(Meter.of("k", "a"), 700)
    second = raise_to(Meter.of("k", "b"), 300)
    with pytest.raises(OverQuota) as refused:
        raise_to(second, 301)
    assert not refused.value.of_all
    assert quota_usage.usage_by_key(["k"], NOW, 60) == {"k": 1000}


def test_all_keys_together_may_not_bring_more_than_there_is(tables):
    raise_to(Meter.of("k", "a"), 1000)
    raise_to(Meter.of("l", "b"), 500)
    with pytest.raises(OverQuota) as refused:
        raise_to(Meter.of("m", "c"), 1)
    assert refused.value.of_all


def test_the_last_bytes_of_all_shares_are_had_by_one_order(tables):
    for number in range(14):
        raise_to(Meter.of(f"k{number}", f"o{number}"), 100)
    assert raise_to(Meter.of("l", "last"), 100).bytes == 100
    with pytest.raises(OverQuota):
        raise_to(Meter.of("l", "more"), 1)


def test_a_limit_that_is_lowered_counts_at_once_and_a_higher_one_as_well(tables):
    raise_to(Meter.of("k", "a"), 600)
    with pytest.raises(OverQuota):
        raise_to(Meter.of("l", "b"), 401, all_limit=1000)
    assert raise_to(Meter.of("l", "b"), 400, all_limit=1000).bytes == 400
    with pytest.raises(OverQuota):
        raise_to(Meter.of("m", "c"), 1, all_limit=500)
    assert raise_to(Meter.of("m", "c"), 1000, all_limit=2000).bytes == 1000
    with pytest.raises(OverQuota):
        raise_to(Meter.of("n", "d"), 1, all_limit=2000)


def test_what_an_earlier_version_counted_in_one_row_counts_on(tables):
    quota_usage._Row("meters", "*", total=1400).save()
    assert raise_to(Meter.of("k", "a"), 100).bytes == 100
    with pytest.raises(OverQuota) as refused:
        raise_to(Meter.of("k", "b"), 1)
    assert refused.value.of_all


def test_parallel_orders_of_many_keys_fill_what_all_may_bring_exactly(parallel_tables):
    def bring(number):
        meter = Meter.of(f"k{number}", f"o{number}")
        try:
            for size in (30, 60, 90):
                meter = raise_to(meter, size, time.time(), all_limit=1000)
        except OverQuota:
            pass
        return meter.bytes

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        brought = list(pool.map(bring, range(16)))
    assert 1000 - 30 < sum(brought) <= 1000
    with pytest.raises(OverQuota) as refused:
        raise_to(Meter.of("late", "late"), 30, time.time(), all_limit=1000)
    assert refused.value.of_all


def test_what_is_older_than_the_quotas_time_counts_no_more(tables):
    raise_to(Meter.of("k", "a"), 1000)
    assert quota_usage.usage_by_key(["k"], NOW + 60, 60) == {"k": 0}
    assert raise_to(Meter.of("k", "b"), 900, NOW + 60).bytes == 900
    assert quota_usage.prune(NOW + 60, 60) == 0
    assert quota_usage.prune(NOW + 120, 60) == 900


def test_an_order_larger_than_the_quota_is_refused_at_once(tables):
    with pytest.raises(OverQuota):
        raise_to(Meter.of("k", "a"), 1001)
    assert quota_usage.usage_by_key(["k"], NOW, 60) == {"k": 0}


def test_parallel_meters_never_pass_the_quota(parallel_tables):
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
    assert quota_usage.usage_by_key(["k"], time.time(), 60)["k"] == sum(brought)
    assert sum(brought) > 1000 - 90


def test_values_of_keys_are_not_told_by_their_ids():
    value = secrets.token_urlsafe(8)
    assert value not in keys.id_of(value)
    assert keys.id_of(value) == keys.id_of(value) != keys.id_of(value + "x")


# Keys that keys made


def test_a_key_knows_who_stands_behind_it(tables):
    first, second, third = make_chain("first", "second", "third")
    assert keys.find("value of third").makers == (first.id, second.id)
    assert sorted(keys.list_made_by(first.id)) == ["second", "third"]
    assert keys.list_made_by(third.id) == []
    assert keys.quotas_of(third.id) == {each.id: 1000 for each in (first, second, third)}
    assert keys.all_exist(third.makers)
    keys.remove("first")
    assert not keys.all_exist(third.makers)


def test_what_was_made_counts_on_all_who_stand_behind_it_until_it_is_removed(tables):
    first, second = make_chain("first", "second")
    makers = (first.id, second.id)
    make("third", "3", makers=makers, most_made=2)
    for chain in (makers, (first.id,)):
        with pytest.raises(Forbidden):
            make("fourth", "4", makers=chain, most_made=2)
    keys.remove("third")
    make("fourth", "4", makers=makers, most_made=2)


def test_a_key_that_is_gone_makes_none(tables):
    [first] = make_chain("first")
    keys.remove("first")
    with pytest.raises(Forbidden):
        make("second", "2", makers=(first.id,))
    assert keys.find("2") is None
    assert keys.list_() == []


def test_a_key_without_its_maker_can_be_removed(tables):
    make_chain("first", "second", "third")
    keys.remove("first")
    keys.remove("third")
    assert [key.name for key, _ in keys.list_()] == ["second"]


def test_parallel_makers_make_exactly_as_many_as_they_may(parallel_tables):
    [first] = make_chain("first")

    def try_to_make(number):
        try:
            make(f"child {number}", f"value {number}", makers=(first.id,), most_made=7)
        except Forbidden:
            return 0
        return 1

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(try_to_make, range(40))) == 7
    assert len(keys.list_made_by(first.id)) == 7


def test_orders_of_a_made_key_fill_the_windows_behind_it(tables):
    assert [enter_as("c", f"c{n}", NOW + n, "m", "root") for n in range(2)] == [0, 0]
    assert enter_as("m", "m0", NOW + 5, "root") == 0
    assert enter_as("d", "d0", NOW + 10, "m", "root") == pytest.approx(50)
    assert enter_as("m", "m1", NOW + 10, "root") == pytest.approx(50)
    assert enter_as("other", "o0", NOW + 10, "root") == pytest.approx(50)
    assert enter_as("other", "o0", NOW + 10) == 0
    assert enter_as("d", "d0", NOW + 60.5, "m", "root") == 0


def test_an_order_that_is_refused_leaves_no_mark_in_any_window(tables):
    enter_as("m", "m0", NOW, limit=1)
    assert enter_as("c", "c0", NOW + 1, "m", limit=1) > 0
    assert enter_as("c", "c1", NOW + 2, limit=1) == 0
    rate_limits.withdraw(["m"], "m0", NOW)
    rate_limits.withdraw(["c", "m"], "c1", NOW + 2)
    assert enter_as("c", "c2", NOW + 3, "m", limit=1) == 0
    rate_limits.withdraw(["c", "m"], "c2", NOW + 3)
    assert enter_as("m", "m1", NOW + 4, limit=1) == 0


def test_parallel_orders_of_many_made_keys_fill_the_makers_window_exactly(parallel_tables):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        waits = list(pool.map(lambda n: enter_as(f"c{n % 10}", f"o{n}", NOW + n / 1000, "m", limit=20), range(80)))
    assert waits.count(0) == 20
    assert enter_as("m", "late", NOW + 1, limit=20) > 0


def test_bytes_of_a_made_key_count_on_all_behind_it(tables):
    meter = raise_to(Meter.of("c", "a"), 400, m=1000, root=1200)
    raise_to(meter, 600, m=1000, root=1200)
    raise_to(Meter.of("d", "b"), 300, m=1000, root=1200)
    assert quota_usage.usage_by_key(["c", "d", "m", "root"], NOW, 60) == {"c": 600, "d": 300, "m": 900, "root": 900}
    for meter, makers in ((Meter.of("d", "x"), {"m": 1000}), (Meter.of("m", "y"), {})):
        with pytest.raises(OverQuota) as refused:
            raise_to(meter, 101, **makers)
        assert not refused.value.of_all
    assert raise_to(Meter.of("other", "z"), 500).bytes == 500


def test_bytes_are_taken_out_everywhere_at_once(tables):
    raise_to(Meter.of("c", "a"), 600, m=1000)
    raise_to(Meter.of("m", "b"), 300, NOW + 30)
    assert quota_usage.usage_by_key(["m"], NOW + 60, 60) == {"m": 300}
    assert quota_usage.prune(NOW + 60, 60) == 600
    assert quota_usage.prune(NOW + 60, 60) == 0
    assert raise_to(Meter.of("c", "d"), 700, NOW + 60, m=1000).bytes == 700
    assert quota_usage.prune(NOW + 120, 60) == 1000
    assert raise_to(Meter.of("m", "e"), 1000, NOW + 120, all_limit=1000).bytes == 1000


def test_parallel_meters_of_made_keys_never_pass_the_makers_quota(parallel_tables):
    def bring(number):
        meter = Meter.of(f"c{number % 5}", f"o{number}")
        try:
            for size in (30, 60, 90):
                meter = raise_to(meter, size, time.time(), all_limit=5000, m=1000)
        except OverQuota:
            pass
        return meter.bytes

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        brought = list(pool.map(bring, range(20)))
    assert 1000 - 90 < sum(brought) <= 1000
    assert quota_usage.usage_by_key(["m"], time.time(), 60)["m"] == sum(brought)
