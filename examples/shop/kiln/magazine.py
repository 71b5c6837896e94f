"""www.magazine.localhost: another company's site, on a domain of its own, which links to the shop."""

from litestar import get
from litestar.response import Template

from .stories import ARTICLES, find_story


@get("/", sync_to_thread=False)
def home() -> Template:
    return Template("magazine/home.html", context={"articles": ARTICLES})


@get("/articles/{slug:str}", sync_to_thread=False)
def article(slug: str) -> Template:
    others = [article for article in ARTICLES if article.slug != slug]
    return Template("magazine/article.html", context={"article": find_story(ARTICLES, slug), "others": others})


PAGES = (home, article)
