"""What there is to read. The texts themselves are templates, named by their slug."""

from collections.abc import Sequence
from dataclasses import dataclass

from litestar.exceptions import NotFoundException


@dataclass(frozen=True)
class Story:
    slug: str
    title: str
    date: str
    summary: str
    picture: str
    glaze: str


POSTS = (
    Story("why-glazes-crackle", "Why glazes crackle", "14 May 2026",
          "Clay and glaze cool at different speeds. The little lines are where they agreed to differ.", "vase", "sea"),
    Story("a-week-at-the-kiln", "A week at the kiln", "2 April 2026",
          "Seven days, two firings, one broken thermocouple: how a shelf of mugs comes to be.", "mug", "rust"),
    Story("caring-for-stoneware", "Caring for stoneware", "9 March 2026",
          "Dishwasher, yes. Freezer to oven, please no. The short list of what our pots like.", "bowl", "oat"),
)  # fmt: skip

ARTICLES = (
    Story("the-quiet-table", "The quiet table", "Home",
          "Four plates that do not match, and why dinner is better for it.", "plate", "sage"),
    Story("five-mugs-worth-keeping", "Five mugs worth keeping", "Objects",
          "We drank a great deal of coffee so that you can buy one mug, once.", "mug", "sea"),
)  # fmt: skip


def find_story(stories: Sequence[Story], slug: str) -> Story:
    """Raises NotFoundException, which is answered with the 404 page."""
    for story in stories:
        if story.slug == slug:
            return story
    raise NotFoundException
