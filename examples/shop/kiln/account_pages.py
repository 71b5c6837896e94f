"""app.shop.localhost: signing up, logging in, the account, logging out."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body, Dependency
from litestar.response import Redirect, Template

from .accounts import DEMOS, PLANS, Accounts, Customer, EmailTaken
from .forms import Form
from .sessions import Sessions, customer_of

JUST = "kiln_just"  # names what happened right before a page, for that one showing of it to report
# No customer's page, and no redirect that was right for them, may come back by the back button after they log out.
PRIVATE = {"Cache-Control": "no-store"}

Posted = Annotated[Form, Body(media_type=RequestEncodingType.URL_ENCODED)]
TheAccounts = Annotated[Accounts, Dependency(skip_validation=True)]
TheSessions = Annotated[Sessions, Dependency(skip_validation=True)]
Member = Annotated[Customer, Dependency(skip_validation=True)]
Ask = Request[None, None, State]


class LogInFirst(Exception):
    pass


class AlreadyIn(Exception):
    pass


def accounts(state: State) -> Accounts:
    found: Accounts = state.accounts
    return found


def sessions(state: State) -> Sessions:
    found: Sessions = state.sessions
    return found


def member(request: Ask) -> Customer:
    if customer := customer_of(request):
        return customer
    raise LogInFirst


def stranger(request: Ask) -> bool:
    if customer_of(request):
        raise AlreadyIn
    return True


def form_page(which: str, form: Form, error: str | None = None) -> Template:
    # A refused form is answered 200: browsers log a page with 4xx as an error of the site.
    context = {"form": form, "error": error, "demos": DEMOS, "plans": PLANS}
    return Template(f"app/{which}.html", context=context, headers=PRIVATE)


def go(path: str) -> Redirect:
    return Redirect(path, status_code=303, headers=PRIVATE)


def enter(sessions: Sessions, customer: Customer) -> Redirect:
    response = go("/account")
    sessions.start(response, customer.id)
    return response


@get("/", sync_to_thread=False)
def home() -> Redirect:
    return go("/account")


@get("/login", sync_to_thread=False)
def login(stranger: bool) -> Template:
    return form_page("login", Form())


@post("/login", sync_to_thread=True, status_code=200)
def submit_login(data: Posted, accounts: TheAccounts, sessions: TheSessions) -> Response[Any]:
    if customer := accounts.log_in(data.email, data.password):
        return enter(sessions, customer)
    return form_page("login", data, "That email and password do not go together. Please try again.")


@get("/signup", sync_to_thread=False)
def signup(stranger: bool, plan: str = "friend") -> Template:
    return form_page("signup", Form(plan=plan))


@post("/signup", sync_to_thread=True, status_code=200)
def submit_signup(data: Posted, accounts: TheAccounts, sessions: TheSessions) -> Response[Any]:
    if problem := data.problem():
        return form_page("signup", data, problem)
    try:
        customer = accounts.sign_up(data.email, data.password, data.name, data.plan)
    except EmailTaken:
        return form_page("signup", data, "There is an account with that email already. Try logging in.")
    response = enter(sessions, customer)
    response.set_cookie(JUST, "signed_up", max_age=60, httponly=True, samesite="lax")
    return response


@get("/account", sync_to_thread=False)
def account(request: Ask, member: Member) -> Template:
    just = request.cookies.get(JUST) == "signed_up"
    context = {"customer": member, "plans": PLANS, "just_signed_up": just}
    page = Template("app/account.html", context=context, headers=PRIVATE)
    if just:
        page.delete_cookie(JUST)
    return page


@get("/orders", sync_to_thread=False)
def orders(member: Member) -> Template:
    return Template("app/orders.html", context={"customer": member}, headers=PRIVATE)


@post("/logout", sync_to_thread=False)
def logout(sessions: TheSessions) -> Redirect:
    response = go("/goodbye")
    sessions.end(response)
    return response


@get("/goodbye", sync_to_thread=False)
def goodbye(stranger: bool) -> Template:
    return Template("app/goodbye.html", headers=PRIVATE)


def to_login(request: Ask, error: Exception) -> Redirect:
    return go("/login")


def to_account(request: Ask, error: Exception) -> Redirect:
    return go("/account")


PAGES = (home, login, submit_login, signup, submit_signup, account, orders, logout, goodbye)
DEPENDENCIES = {each.__name__: Provide(each, sync_to_thread=False) for each in (accounts, sessions, member, stranger)}
