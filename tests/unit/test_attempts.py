"""Wrong credentials are counted per address and account: docs/decisions/wrong-credentials.md."""

from dlambda.domain.secrets.attempts import PER_ACCOUNT, PER_ADDRESS, WINDOW_SECONDS, Attempts


def waits(attempts: Attempts, count: int, address: str = "a", account: str = "password", now: float = 0.0) -> list[int]:
    return [attempts.fail(address, account, now) for _ in range(count)]


def test_an_address_may_fail_so_often_and_then_waits_for_the_end_of_the_minute() -> None:
    attempts = Attempts()
    assert waits(attempts, PER_ADDRESS) == [0] * PER_ADDRESS
    assert waits(attempts, 2, now=10.5) == [50, 50]
    assert waits(attempts, 1, now=WINDOW_SECONDS) == [0]


def test_other_addresses_are_not_concerned() -> None:
    attempts = Attempts()
    waits(attempts, PER_ADDRESS + 1)
    assert waits(attempts, 1, "b") == [0]


def test_all_addresses_together_share_the_accounts_budget() -> None:
    attempts = Attempts()
    for number in range(PER_ACCOUNT):
        assert waits(attempts, 1, f"address-{number}") == [0]
    assert waits(attempts, 1, "another") == [60]
    assert waits(attempts, 1, "another", account="API key") == [0]


def test_memory_is_bounded() -> None:
    attempts = Attempts()
    for number in range(25_000):
        attempts.fail(str(number), "password", 0.0)
    assert len(attempts._addresses) <= 10_000
    assert waits(attempts, 1, "another") == [60]
