"""What the shop sells."""

from dataclasses import dataclass

CURRENCY = "EUR"


@dataclass(frozen=True)
class Product:
    slug: str
    name: str
    kind: str  # names a drawing in templates/pictures.html
    glaze: str  # names a colour in static/shop.css
    price: int
    line: str
    about: str
    facts: tuple[str, ...]

    @property
    def properties(self) -> dict[str, str | int]:
        """What the page reports about it."""
        what: dict[str, str | int] = {"product": self.slug, "name": self.name, "category": self.kind}
        return what | {"price": self.price, "currency": CURRENCY}


PRODUCTS = (
    Product("harbour-mug", "Harbour mug", "mug", "sea", 28, "A wide handle for cold mornings.",
            "Thrown thin, glazed in the blue-grey of the water outside our window, and left bare at the foot so that "
            "you can feel the clay. It holds a generous coffee and keeps its heat longer than it has any right to.",
            ("320 ml", "Dishwasher safe", "Stoneware, fired at 1240 °C")),
    Product("tidal-bowl", "Tidal bowl", "bowl", "oat", 36, "Soup, salad, or simply oranges.",
            "A low, open bowl with a line where the glaze stopped running, a little different on each one. "
            "It is the piece we use most ourselves, and the one we are asked about most.",
            ("22 cm across", "Oven safe to 180 °C", "Stacks with its siblings")),
    Product("heron-vase", "Heron vase", "vase", "ink", 74, "For one branch, well chosen.",
            "A narrow neck that holds a single stem upright, and a heavy foot that keeps it there. "
            "The glaze is a deep ink that breaks to brown at the rim.",
            ("26 cm tall", "Watertight", "Made in runs of twenty")),
    Product("field-plate", "Field plate", "plate", "sage", 32, "A calm green under anything you cook.",
            "Pressed by hand over a plaster mould from a plate we found at a flea market, "
            "and glazed in a soft sage that makes tomatoes look their best.",
            ("27 cm across", "Dishwasher safe", "Sold singly, loved in fours")),
    Product("slow-teapot", "Slow teapot", "teapot", "rust", 96, "Pours without a drip. We checked, often.",
            "It took eleven prototypes to find this spout. The lid sits deep, the handle leaves room for three "
            "fingers, and four cups fit inside with a little left over.",
            ("1.1 litres", "Built-in strainer", "Hand wash, please")),
    Product("sill-planter", "Sill planter", "planter", "blush", 44, "A good home for a small plant.",
            "A straight-sided pot with its own saucer and a drainage hole that does its work. "
            "Made for windowsills: a hand wide, and no deeper than the sill.",
            ("14 cm wide", "With saucer", "Frost proof")),
)  # fmt: skip

SHAPES = {"mug": "Mug", "bowl": "Bowl", "vase": "Vase"}
COLOURS = {"sea": "Sea", "oat": "Oat", "sage": "Sage", "rust": "Rust", "blush": "Blush", "ink": "Ink"}
SIZES = {"small": "Small", "medium": "Medium", "large": "Large"}
