"""Campaign of a visit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.enrichers.campaign import campaign_of
from tests.support.app import App


@pytest.mark.parametrize(
    ("url", "campaign"),
    [
        ("https://x.io/?utm_source=mail&utm_medium=news&utm_campaign=may&utm_term=a+b&utm_content=%C3%BC",
         {"source": "mail", "medium": "news", "name": "may", "term": "a b", "content": "ü"}),
        ("https://x.io/?gclid=1&fbclid=2&id=3", {"gclid": "1", "fbclid": "2"}),
        ("https://x.io/?utm_id=7&msclkid=1&wbraid=2&li_fat_id=3&yclid=4&clid=5&utm_=6",
         {"id": "7", "msclkid": "1", "wbraid": "2", "li_fat_id": "3", "yclid": "4"}),
        ("https://x.io/?UTM_Source=Mail", {"source": "Mail"}),
        ("https://x.io/?utm_source=a&utm_source=b", {"source": "a"}),
        ("https://x.io/?utm_source=&x=1", {}),
        ("https://x.io/#utm_source=a", {}),
        ("https://x.io/?utm_source=a%00b%ff", {"source": "a\ufffdb\ufffd"}),
        ("http://[/?utm_source=a", {}),
    ],
)  # fmt: skip
def test_campaign(url: str, campaign: dict[str, str]) -> None:
    assert campaign_of(url) == campaign


@given(st.text())
def test_no_address_is_an_error(url: str) -> None:
    campaign_of(url)
    campaign_of("https://x.io/?" + url)


def test_campaign_of_the_client_goes_first(app: App) -> None:
    page = {"page": {"url": "https://x.io/?utm_source=a&utm_medium=m"}, "campaign": {"source": "said"}}
    app.batch({"type": "page", "anonymousId": "x", "context": page})
    assert app.events()[0]["context"]["campaign"] == {"source": "said", "medium": "m"}


@pytest.mark.parametrize(
    ("page", "campaign"),
    [
        ({"url": "https://x.io/b", "landing": "https://x.io/a?utm_source=mail"}, {"source": "mail"}),
        ({"url": "https://x.io/b?gclid=1", "landing": "https://x.io/a?utm_source=mail"}, {"gclid": "1"}),
        ({"url": "https://x.io/b?id=1", "landing": "https://x.io/a?utm_source=mail"}, {"source": "mail"}),
        ({"landing": "https://x.io/a?utm_source=mail"}, {"source": "mail"}),
        ({"url": "https://x.io/b", "landing": ["https://x.io/a?utm_source=mail"]}, None),
    ],
)
def test_campaign_of_the_address_that_a_visitor_landed_on(app: App, page: dict[str, object], campaign: object) -> None:
    """Router gone on to another path before the page view was made."""
    app.batch({"type": "page", "anonymousId": "x", "context": {"page": page}})
    event = app.events()[0]
    assert event["context"].get("campaign") == campaign
    assert ("campaign" in event["flags"]) == (campaign is not None)


@pytest.mark.parametrize("said", ["text", [], 7, None])
def test_a_campaign_that_is_none_does_no_harm(app: App, said: object) -> None:
    page = {"page": {"url": "https://x.io/?utm_source=a"}, "campaign": said}
    assert app.batch({"type": "page", "anonymousId": "x", "context": page}).json["stored"] == 1
    assert app.events()[0]["context"]["campaign"] == {"source": "a"}


@pytest.mark.parametrize(
    ("event", "noted"),
    [
        ({"type": "page", "context": {"page": {"url": "https://x.io/?gclid=1"}}}, True),
        ({"type": "page", "context": {"campaign": {"name": "said"}}}, True),
        ({"type": "page", "context": {"campaign": {}}}, False),
        ({"type": "page", "context": {"campaign": "text", "page": {"url": "https://x.io/?id=1"}}}, False),
        ({"type": "track", "event": "e", "context": {"page": {"url": "https://x.io/?gclid=1"}}}, False),
    ],
)
def test_page_views_that_a_campaign_led_to_are_noted(app: App, event: dict[str, object], noted: bool) -> None:
    app.batch({**event, "anonymousId": "x"})
    assert ("campaign" in app.events()[0]["flags"]) == noted
