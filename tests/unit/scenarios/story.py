"""Words in which the scenarios are told: an event is reported, and we look at what the read API then shows.

before = story.page("x")                 the browser x views a page; one second later
story.identify("x", "A", at=10)          ten seconds after the story's start, and it arrives then
late = story.track("x", at=5)            arrives now, happened earlier
story.server.track(None, "A")            the site's own server says so, with the secret key
assert story.shown() == {"A": [before, late, ...]}
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from urllib.parse import quote

import jwt

from collector.domain.events import SECOND
from collector.domain.times import iso
from collector.storage.operations import kinds
from collector.storage.sites import set_settings
from tests.support.app import WRITE_KEY, App

from .course import moment
from .sender import Sender
from .shown import Shown


class Story(Shown, Sender):
    """Story: the browsers' side, the `server` for the site's own, and all that can be looked at or done by hand."""

    def __init__(self, app: App) -> None:
        Shown.__init__(self, app)
        Sender.__init__(self, self, WRITE_KEY)
        self.server = Sender(self, app.secret_key)

    # -- settings ----------------------------------------------------------------------------------------------------

    def site(self, **settings: Any) -> None:
        """Change settings of the site, as `passerby site set` does."""
        set_settings(self.app.installation.store, self.app.site.name, self.app.clock.now, **settings)
        self.app.installation.sites.refresh()

    def merging(self, on: bool) -> None:
        """Set --merge or --no-merge."""
        self.site(merging=on)

    # -- proof ---------------------------------------------------------------------------------------------------------

    def signed(self, user: str | None = None, email: str | None = None, **claims: Any) -> dict[str, Any]:
        """Context that a page adds to an event when its server signed for this user, or this address."""
        said = {"site": self.app.site.uuid, "exp": self.app.clock.now // SECOND + 600, "sub": user, "email": email, **claims}
        plain = {name: value for name, value in said.items() if value is not None}
        return {"token": jwt.encode(plain, self.app.secret_key, algorithm="HS256")}

    def hashed(self, user: str) -> dict[str, Any]:
        """Context with the user id's HMAC."""
        return {"userHash": hmac.new(self.app.secret_key.encode(), user.encode(), hashlib.sha256).hexdigest()}

    # -- by hand -----------------------------------------------------------------------------------------------------

    def do(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.api(method, path, body)
        assert 200 <= answer.status < 300, answer
        return answer.json if answer.body else None

    def detach(self, x: str, **more: Any) -> Any:
        return self.do("POST", f"/api/visitors/{quote(x, safe='')}/detach", more)

    def attach(self, x: str, name: str, **more: Any) -> Any:
        return self.do("POST", f"/api/visitors/{quote(x, safe='')}/attach", {"person_id": self.id_of(name), **more})

    def logout(self, x: str, at: float, **more: Any) -> Any:
        """Log out on x at that moment, as the server knows of it."""
        self.wait_for(at)
        return self.do("POST", f"/api/visitors/{quote(x, safe='')}/logout", {"at": iso(moment(at)), **more})

    def merge(self, source: str, into: str, **more: Any) -> Any:
        return self.do("POST", f"/api/people/{self.id_of(source)}/merge", {"into": self.id_of(into), **more})

    def unmerge(self, merge_id: str, **more: Any) -> Any:
        return self.do("POST", f"/api/merges/{merge_id}/undo", more)

    def last_merge(self) -> str:
        """Number of the newest merge of two people."""
        merge_id: str = self.entries("people_merged")[-1]["merge_id"]
        return merge_id

    def delete(self, name: str, preview: bool = False) -> Any:
        done = self.do("DELETE", f"/api/people/{self.id_of(name)}" + ("?preview=true" if preview else ""))
        self.settle()
        return done

    def retention(self) -> Any:
        done = self.do("POST", "/api/retention", {})
        self.settle()
        return done

    def settle(self) -> None:
        """Carry out the jobs that wait for the housekeeping, which does nothing by itself in an App."""
        installation = self.app.installation
        while waiting := [job for job in self.get("/api/jobs")["jobs"] if job["state"] in ("waiting", "running")]:
            for job in waiting:
                for _ in kinds.run(
                    installation.store, self.app.site.site_id, int(job["job_id"]), self.app.clock, installation.tombstone_key
                ):
                    pass

    def link(self, name: str, url: str = "https://shop.test/offer") -> str:
        """Signed address for an e-mail to this person."""
        made: str = self.do("POST", "/api/links", {"email" if "@" in name else "user_id": name, "url": url})["url"]
        return made


def two(story: Story) -> tuple[str, str]:
    """Log in A on x and B on y, each after a page; return the logins."""
    story.page("x", at=1)
    story.page("y", at=2)
    return story.identify("x", "A", at=3), story.identify("y", "B", at=4)
