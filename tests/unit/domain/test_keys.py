"""Numbers that name rows."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from collector.domain.keys import _Ids, device_key, excluded_key, first_id_of, new_id, new_uuid7, user_owner


@given(st.integers(1, 2**31), st.text(max_size=50))
def test_a_device_key_is_the_same_for_ever(site_id: int, owner: str) -> None:
    key = device_key(site_id, owner)
    assert 0 <= key < 2**63
    assert key == device_key(site_id, owner) != device_key(site_id, owner, 1)
    assert key != device_key(site_id + 1, owner)


def test_a_device_key_never_changes_with_a_release() -> None:
    """Device keys written down: all rows need them."""
    assert device_key(1, "x") == 1_823_275_360_391_767_092


def test_a_virtual_device_cannot_be_named_from_outside() -> None:
    from collector.domain.identifiers import is_illegal

    assert is_illegal(user_owner("user", "ada")), "an anonymous id with a control character is refused"
    assert user_owner("user", "a") != user_owner("email", "a")


def test_new_ids_grow_with_time_and_are_never_drawn_twice() -> None:
    ids = [new_id() for _ in range(20_000)]
    assert ids == sorted(set(ids))
    assert all(0 < number < 2**63 for number in ids)


def test_new_ids_of_several_threads() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: [new_id() for _ in range(2_000)], range(4)))
    assert len({number for ids in made for number in ids}) == 8_000


def test_uuid7() -> None:
    made = [uuid.UUID(new_uuid7()) for _ in range(100)]
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {uuid.RFC_4122}
    assert len(set(made)) == 100
    assert [one.int >> 80 for one in made] == sorted(one.int >> 80 for one in made)


def test_ids_of_a_moment_say_when_they_were_made() -> None:
    moment = 1_795_320_000_000_000
    made = [new_id(moment) for _ in range(3)]
    assert first_id_of(moment) <= made[0] < made[1] < made[2] < first_id_of(moment + 1_000)
    assert first_id_of(moment) > new_id(moment - 86_400_000_000), "a clock that was put back by a day is believed"


def test_processes_with_different_numbers_never_draw_the_same() -> None:
    one, other = _Ids(), _Ids()
    one.number, other.number = 1, 2
    moment = 1_795_320_000_000_000
    drawn = [ids(moment) for ids in (one, other) for _ in range(10_000)]
    assert len(set(drawn)) == 20_000, "more than one millisecond can count, and still apart"


def test_excluded_users_stand_in_is_no_person() -> None:
    assert excluded_key(1, "ada") < 0
    assert excluded_key(1, "ada") != excluded_key(2, "ada")
