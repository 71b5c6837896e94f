"""The shop's customers, in its own SQLite file."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

PLANS = {"friend": "Friend", "regular": "Regular", "patron": "Patron"}
SCHEMA = """create table if not exists customer (
    id text primary key,
    email text not null unique collate nocase,
    name text not null,
    plan text not null,
    password_hash text not null
)"""


@dataclass(frozen=True)
class Customer:
    id: str
    email: str
    name: str
    plan: str

    @property
    def traits(self) -> dict[str, str]:
        return {"email": self.email, "name": self.name, "plan": self.plan}


@dataclass(frozen=True)
class Demo:
    customer: Customer
    password: str


DEMOS = (
    Demo(Customer("user-ada", "ada@shop.localhost", "Ada Lovelace", "patron"), "lovelace"),
    Demo(Customer("user-grace", "grace@shop.localhost", "Grace Hopper", "regular"), "hopper"),
)


class EmailTaken(Exception):
    pass


class Accounts:
    def __init__(self, file: Path) -> None:
        self.file = file
        self.hasher = PasswordHasher()
        # Checked when an email is unknown, so that the answer takes as long and does not tell who is a customer.
        self.nobody = self.hasher.hash("nobody")
        with self.open() as db:
            db.execute(SCHEMA)
            fresh = db.execute("select count(*) from customer").fetchone()[0] == 0
        if fresh:
            for demo in DEMOS:
                self.add(demo.customer, demo.password)

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self.file)
        try:
            with db:
                yield db
        finally:
            db.close()

    def sign_up(self, email: str, password: str, name: str, plan: str) -> Customer:
        """Raises EmailTaken."""
        customer = Customer(f"user-{token_hex(4)}", email, name, plan)
        self.add(customer, password)
        return customer

    def add(self, customer: Customer, password: str) -> None:
        row = asdict(customer) | {"password_hash": self.hasher.hash(password)}
        try:
            with self.open() as db:
                db.execute("insert into customer values (:id, :email, :name, :plan, :password_hash)", row)
        except sqlite3.IntegrityError as error:
            raise EmailTaken from error

    def find(self, user_id: str) -> Customer | None:
        with self.open() as db:
            row = db.execute("select id, email, name, plan from customer where id = ?", [user_id]).fetchone()
        return Customer(*row) if row else None

    def log_in(self, email: str, password: str) -> Customer | None:
        """The account whose password this is."""
        with self.open() as db:
            row = db.execute("select id, email, name, plan, password_hash from customer where email = ?", [email]).fetchone()
        try:
            self.hasher.verify(row[4] if row else self.nobody, password)
        except VerifyMismatchError:
            return None
        return Customer(*row[:4]) if row else None
