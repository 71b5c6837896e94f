"""Start the demo shop.

    python run.py --port 8080 --snippet-file FILE --front /PREFIX=http://127.0.0.1:8000 --data DIR

The shop plays the customer. All it has of Passerby is the HTML in FILE, pasted into the head of every page.
"""

import argparse
import asyncio
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from front import Front, Route  # noqa: E402
from kiln.serving import serve  # noqa: E402
from kiln.site import Settings, create_site  # noqa: E402


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Kiln & Co, a small shop that uses a pasted tracking snippet.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--data", type=Path, required=True, help="the shop's own folder: accounts and its session key")
    parser.add_argument("--snippet-file", type=Path, help="HTML to paste into every page's head, word for word")
    parser.add_argument(
        "--front", type=Route.parse, metavar="/PREFIX=URL", help="forward this path to URL, as the site's nginx would"
    )
    return parser.parse_args(arguments)


async def run(options: argparse.Namespace) -> None:
    snippet = options.snippet_file.read_text(encoding="utf-8") if options.snippet_file else ""
    site = create_site(Settings(folder=HERE, data=options.data, port=options.port, snippet=snippet))
    if options.front is None:
        await serve(site, options.host, options.port)
        return
    front = Front(site, options.front)
    try:
        await serve(front, options.host, options.port)
    finally:
        await front.close()


if __name__ == "__main__":
    try:
        asyncio.run(run(parse()))
    except OSError as error:
        sys.exit(f"shop: {error}")
