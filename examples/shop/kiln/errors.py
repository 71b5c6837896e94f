"""Error pages, in the look of the host that was asked."""

from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.response import Template
from litestar.status_codes import HTTP_404_NOT_FOUND

from .sessions import customer_of

SENTENCES = {
    403: "This request did not come from our own page, so we left it alone.",
    404: "There is nothing at this address. It may have been sold, moved, or never fired.",
    405: "This address cannot be opened like that.",
}


def show_error(request: Request[None, None, State], error: HTTPException) -> Template:
    sentence = SENTENCES.get(error.status_code, "That request could not be answered.")
    context = {
        "layout": f"{request.app.state.name}/layout.html",
        "title": "Nothing here" if error.status_code == HTTP_404_NOT_FOUND else "That did not work",
        "status": error.status_code,
        "sentence": sentence,
        "customer": customer_of(request),
    }
    return Template("error.html", context=context, status_code=error.status_code)
