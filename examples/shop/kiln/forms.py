"""What people type into the log-in and sign-up forms."""

from dataclasses import dataclass

from .accounts import PLANS

LONGEST = 200


@dataclass
class Form:
    email: str = ""
    password: str = ""
    name: str = ""
    plan: str = "friend"

    def __post_init__(self) -> None:
        self.email, self.name = self.email.strip(), self.name.strip()

    def problem(self) -> str | None:
        """Why this cannot become an account, in a sentence for its owner."""
        if not self.name:
            return "Please tell us your name."
        if "@" not in self.email:
            return "That does not look like an email address."
        if len(self.password) < 6:
            return "Please choose a password of at least 6 characters."
        if self.plan not in PLANS or max(len(self.email), len(self.name), len(self.password)) > LONGEST:
            return "Please check what you entered."
        return None
