"""Log-outs that only the server knows of. Scenario 43; rule R13."""

from __future__ import annotations

from .story import Story


def test_server_known_logout_order(story: Story) -> None:
    """43, R13. Given A identified on x and logged out on the server; when it browses and B identifies; then that is B's."""
    first, of_a, between = story.page("x"), story.identify("x", "A"), story.page("x")
    story.logout("x", at=10)
    browsed, of_b, after = story.page("x"), story.identify("x", "B"), story.page("x")
    assert story.shown() == {"A": [first, of_a, between], "B": [browsed, of_b, after]}
    assert "merge_refused" not in " ".join(story.log())
    assert story.rotated() == []
    assert any(entry.startswith("logged_out x") for entry in story.log())


def test_a_logout_of_an_id_that_was_never_seen(story: Story) -> None:
    """R13. Given nobody was ever x; when the server tells of a log-out there; then it is told so, and nothing is kept of it."""
    for path, body in (("/api/visitors/x/logout", {}), ("/api/visitors/logout", {"anonymous_id": "x"})):
        assert story.api("POST", path, body).status == 404
    story.track(None, "A")
    assert story.api("POST", "/api/visitors/logout", {"anonymous_id": "A"}).status == 404, "a user is no anonymous id"
    assert story.log() == []
    page, of_a = story.page("x"), story.identify("x", "A")
    assert story.timeline("A")[-2:] == [page, of_a]


def test_after_a_server_known_logout_nobody_is_known(story: Story) -> None:
    """R13. Given A logged out on the server; then what x does is nobody's until somebody claims it."""
    of_a = story.identify("x", "A")
    story.logout("x", at=10)
    unsaid = story.page("x")
    assert story.shown() == {"A": [of_a], None: [unsaid]}


def test_the_same_user_returns_after_a_server_known_logout(story: Story) -> None:
    """R13. Given A logged out and identifies again; then A has both epochs of x, and two merges are in the log."""
    first, of_a = story.page("x"), story.identify("x", "A")
    story.logout("x", at=10)
    between, again = story.page("x"), story.identify("x", "A")
    assert story.shown() == {"A": [first, of_a, between, again]}
    assert story.person("A")["anonymous_ids"] == ["x"], "one device"


def test_several_epochs_by_event_time(story: Story) -> None:
    """R13, R17. Given x had A until 10, B until 20, and C; when late events arrive; then each is that epoch's owner's."""
    of_a = story.identify("x", "A", at=5)
    story.logout("x", at=10)
    of_b = story.identify("x", "B", at=15)
    story.logout("x", at=20)
    of_c = story.identify("x", "C", at=25)
    late = {at: story.page("x", at=at) for at in (1, 9, 10, 19, 20, 29)}
    assert story.shown() == {
        "A": [late[1], of_a, late[9]], "B": [late[10], of_b, late[19]], "C": [late[20], of_c, late[29]],
    }  # fmt: skip


def test_a_late_identify_claims_the_epoch_it_happened_in(story: Story) -> None:
    """R13, Who wins. Given x was logged out at 10; when an identify of A from 5 arrives after B's; then both have theirs."""
    first = story.page("x", at=1)
    story.logout("x", at=10)
    second, of_b = story.page("x", at=12), story.identify("x", "B", at=15)
    of_a = story.identify("x", "A", at=5)
    assert story.shown() == {"A": [first, of_a], "B": [second, of_b]}
    assert story.rotated() == []


def test_events_stay_where_they_were_written_before_a_logout_was_known(story: Story) -> None:
    """R13, R4. Given x browsed at 15 and only then the server says that A logged out at 10; then that page stays A's."""
    of_a, browsed = story.identify("x", "A", at=1), story.page("x", at=15)
    story.logout("x", at=10)
    after = story.page("x", at=16)
    assert story.shown() == {"A": [of_a, browsed], None: [after]}, "it depends on the order of arrival, as the page says"


def test_a_contest_goes_on_over_a_logout(story: Story) -> None:
    """R9, R13. Given x was contested at 5 and is logged out at 10; then what follows belongs to nobody all the same."""
    of_a, of_b = story.identify("x", "A", at=1), story.identify("x", "B", at=5)
    story.logout("x", at=10)
    unsaid, of_c = story.page("x", at=12), story.identify("x", "C", at=15)
    assert story.shown() == {"A": [of_a], "B": [of_b], "C": [of_c], None: [unsaid]}
    assert story.rotated() == ["x"]


def test_a_contest_in_an_earlier_epoch_leaves_a_later_owner_what_is_theirs(story: Story) -> None:
    """R9, R13. Given A until 10, then B; when a refused identify of C from 5 arrives; then what B had stays B's."""
    of_a = story.identify("x", "A", at=1)
    story.logout("x", at=10)
    browsed, of_b = story.page("x", at=12), story.identify("x", "B", at=15)
    of_c = story.identify("x", "C", at=5)
    unsaid = story.page("x", at=20)
    assert story.shown() == {"A": [of_a], "B": [browsed, of_b], "C": [of_c], None: [unsaid]}
