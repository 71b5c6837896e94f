"""www.shop.localhost: the pages that anyone may read."""

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.response import Template

from .accounts import PLANS
from .catalogue import COLOURS, PRODUCTS, SHAPES, SIZES
from .stories import POSTS, find_story


@get("/", sync_to_thread=False)
def home() -> Template:
    return Template("www/home.html", context={"products": PRODUCTS[:3], "posts": POSTS[:2]})


@get("/products", sync_to_thread=False)
def products() -> Template:
    return Template("www/products.html", context={"products": PRODUCTS})


@get("/products/{slug:str}", sync_to_thread=False)
def product(slug: str) -> Template:
    found = next((product for product in PRODUCTS if product.slug == slug), None)
    if found is None:
        raise NotFoundException
    others = [product for product in PRODUCTS if product is not found][:3]
    return Template("www/product.html", context={"product": found, "others": others})


@get("/basket", sync_to_thread=False)
def basket() -> Template:
    return Template("www/basket.html")


@get("/pricing", sync_to_thread=False)
def pricing() -> Template:
    return Template("www/pricing.html", context={"plans": PLANS})


@get("/about", sync_to_thread=False)
def about() -> Template:
    return Template("www/about.html")


@get("/blog", sync_to_thread=False)
def blog() -> Template:
    return Template("www/blog.html", context={"posts": POSTS})


@get("/blog/{slug:str}", sync_to_thread=False)
def post(slug: str) -> Template:
    return Template("www/post.html", context={"post": find_story(POSTS, slug)})


@get("/newsletter", sync_to_thread=False)
def newsletter() -> Template:
    return Template("www/newsletter.html")


# One page for every address of the section: which step it shows is for its script to say.
@get(["/studio", "/studio/colour", "/studio/size", "/studio/review"], sync_to_thread=False)
def studio() -> Template:
    return Template("www/studio.html", context={"shapes": SHAPES, "colours": COLOURS, "sizes": SIZES})


PAGES = (home, products, product, basket, pricing, about, blog, post, newsletter, studio)
