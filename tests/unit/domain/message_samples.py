"""Random messages, for tests of what is said and decided about them."""

from __future__ import annotations

from hypothesis import strategies as st

from collector.domain.messages import Action, Content, Dismiss, Locales, Message, Often, Open, Track, Where, Who
from collector.domain.rules import Rule

PATHS = st.sampled_from(
    ["/", "/blog", "/blog/*", "/blog/:slug", "/docs/*", "*/checkout", "/a*", "/Pricing/", "/x y", "/%3f", "\\*"]
)
TEXTS = st.sampled_from(["a", "blog", "/blog", "out", "x=y", "news", "*", "\u00fc", ":a"])
RULES = st.one_of(
    st.builds(Rule, st.sampled_from(["is", "matches"]), st.just("path"), value=PATHS, exclude=st.booleans()),
    st.builds(Rule, st.sampled_from(["contains", "starts", "ends"]), st.just("path"), value=TEXTS, exclude=st.booleans()),
    st.builds(
        Rule, st.sampled_from(["is", "contains", "exists"]), st.just("query"), st.sampled_from("ab"), TEXTS, st.booleans()
    ),
    st.builds(Rule, st.sampled_from(["is", "starts", "matches"]), st.just("hash"), value=TEXTS, exclude=st.booleans()),
    st.builds(
        Rule, st.sampled_from(["is", "ends"]), st.just("host"), value=st.sampled_from(["a.io", "b.io", ".io"]), exclude=st.booleans()
    ),
)  # fmt: skip
DO = st.builds(Open, st.just("/x")) | st.builds(Track, st.text(min_size=1, max_size=3)) | st.just(Dismiss())
CONTENTS = st.builds(
    Content,
    st.text(min_size=1, max_size=3),
    st.sampled_from(["", "a **b**"]),
    st.lists(st.builds(Action, st.just("aa"), st.just("A"), st.lists(DO, min_size=1, max_size=3)), max_size=2),
)
MESSAGES = st.builds(
    Message,
    key=st.sampled_from(["one", "two", "three"]),
    name=st.just("N"),
    where=st.builds(Where, st.lists(RULES, max_size=4)),
    who=st.builds(Who, st.sampled_from(["anonymous", "identified", "anyone"])),
    often=st.builds(Often, st.none() | st.integers(1, 9), st.lists(st.sampled_from(["dismiss", "act"]), max_size=3).map(tuple)),
    priority=st.integers(0, 100),
    content=st.builds(Locales, st.just("en"), st.dictionaries(st.sampled_from(["en", "de", "e n", "a.b"]), CONTENTS)),
    status=st.sampled_from(["draft", "live", "paused", "archived"]),
)
"""Some are none that could be saved; no function of the domain may mind."""
