"""docs/identity.md as a naive model, to compare the product with.

Written from the page alone and on purpose in another style than `collector/domain`: it keeps everything that happened in one
list, a few dicts keyed by readable names, and finds every answer by walking them. Times are plain numbers of microseconds.
The words of the page are quoted where a line follows one.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field, replace
from typing import Any

DAY = 24 * 3600 * 1_000_000
HOUR = 3600 * 1_000_000
LINK, TYPED, ASSERTED, PROVEN_EMAIL, VERIFIED = 10, 20, 30, 40, 50
NEVER_FIELDS = {"email", "id", "user_id", "userid", "anonymous_id", "anonymousid", "unsubscribed_at", "subscribed", "consent"}


@dataclass(frozen=True)
class Call:
    """Call, as somebody at the keyboard would tell it. `now` is when it arrives."""

    name: str
    time: int
    now: int
    kind: str = "track"  # track, identify, group, alias, link
    device: str | None = None
    user: str | None = None
    email: str | None = None
    others: tuple[str, ...] = ()
    previous: str = ""
    fields: tuple[tuple[str, Any], ...] = ()
    strength: int = ASSERTED
    email_strength: int = ASSERTED
    unproven: bool = False
    actor: bool = False
    account: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    subscribed: bool | None = None


@dataclass(eq=False)
class Person:
    made: int
    names: dict[str, int] = field(default_factory=dict)  # "user:A" or "email:e" -> strength
    into: Person | None = None  # merged into
    since: int = 0  # when it was merged

    def root(self) -> Person:
        return self.into.root() if self.into else self

    def joined(self) -> int | None:
        """Time it became the person it is shown as: the last merge on the way; None for that person."""
        return max(self.since, self.into.joined() or 0) if self.into else None


@dataclass
class Merge:
    source: Person
    target: Person
    at: int = 0
    lead: bool = False  # a lead became an account
    undone: bool = False


@dataclass
class Claim:
    by: Person
    at: int
    strength: int
    reach: int


@dataclass(eq=False)
class Happened:
    call: Call
    place: str  # "anonymous", "contested", "asserted", "excluded"
    epoch: int = 0
    person: Person | None = None  # of an asserted event
    writes: bool = True  # whether its fields count
    typed: bool = False  # said with an address that was only typed

    @property
    def stream(self) -> tuple[str, int]:
        return device_of(self.call), self.epoch


@dataclass
class Answer:
    rotate: set[str] = field(default_factory=set)
    dropped: bool = False


class Model:
    def __init__(self, lookback: int = 90 * DAY, merging: bool = True, merging_since: int = 0, kiosk: bool = False,
                 historical: tuple[str, ...] = (), brake: tuple[int, int, int, int] = (500, 50, 5, 3), guarded: bool = False) -> None:  # fmt: skip
        self.lookback, self.merging, self.merging_since, self.kiosk = lookback, merging, merging_since, kiosk
        self.historical, self.brake, self.guarded = historical, brake, guarded
        self.said: list[tuple[Person, str, int, int]] = []  # addresses: by whom, how well proven, and when
        self.happened: list[Happened] = []
        self.people: list[Person] = []
        self.merges: list[Merge] = []  # all that were ever made
        self.claims: dict[tuple[str, int], Claim] = {}  # (device, epoch)
        self.whom: dict[tuple[str, int], tuple[frozenset[str], int]] = {}  # names there, and their best proof
        self.detached: set[tuple[str, int]] = set()
        self.contested: dict[str, int] = {}
        self.begins: dict[str, list[int]] = {}  # device -> when its epochs 1, 2, ... began, in the order they were opened
        self.proven: set[tuple[str | None, Person | None]] = set()
        self.gone_devices: set[str] = set()
        self.gone_names: dict[str, int] = {}
        self.log: dict[Any, tuple[str, str, str, Person, Person | None]] = {}  # cause: operation, reason, device, person, other
        self.seen: set[tuple[str, str]] = set()

    # -- arrivals --------------------------------------------------------------------------------------------------------

    def accept(self, call: Call) -> Answer:
        """Take in one call; say what the browser is told."""
        if (device_of(call), call.name) in self.seen:
            return Answer()  # "The same request again changes nothing, ever"
        self.seen.add((device_of(call), call.name))
        return self.settle(call)

    def settle(self, call: Call) -> Answer:
        answer = Answer()
        who = f"user:{call.user}" if call.user else f"email:{call.email}" if call.email and call.kind != "link" else None
        if call.device in self.gone_devices:
            answer.rotate.add(str(call.device))
            self.hear(replace(call, device=None), answer)
            if not who or call.unproven or (who.startswith("email:") and self.is_protected(who, call.email_strength)):
                return Answer(answer.rotate, dropped=True)
            call = replace(call, device=None)  # "x is given up"
        told = self.hear(call, answer)
        if who and not call.unproven and call.time <= self.gone_names.get(who, call.time - 1):
            return Answer(answer.rotate, dropped=True)  # "of a deleted user or address that happened up to the deletion"
        here = Happened(call, "anonymous")
        if call.actor or (call.user and call.device and call.kind != "identify" and self.impersonated(call)):
            here.place, here.writes = "excluded", False
        elif call.unproven:
            here.writes = False
            if call.device and (call.device, self.named(f"user:{call.user}")) in self.proven:
                here.place, here.person = "asserted", self.named(f"user:{call.user}")
        elif call.kind == "identify":
            self.identify(call, here, told)
        else:
            self.other(call, here, told)
        if here.place == "anonymous":
            self.place(call, here, answer)
        self.happened.append(here)
        is_link = call.kind == "link" and self.merging and here.place in ("anonymous", "contested")
        comes_to = self.hear_on(device_of(call), {f"email:{call.email}"}, LINK, call, answer) if is_link else None
        if is_link and call.time > self.gone_names.get(f"email:{call.email}", call.time - 1):
            known = self.person(f"email:{call.email}", LINK)
            self.said.append((known, f"email:{call.email}", LINK, call.time))
            self.claim(known, device_of(call), call, LINK, comes_to)
        return answer

    def impersonated(self, call: Call) -> bool:
        """'So do later events with that user on that device, until the user identifies there without an actor.'"""
        told = [one.call for one in self.happened if (one.call.device, one.call.user) == (call.device, call.user)
                and (one.call.actor or (one.call.kind == "identify" and not one.call.unproven))]  # fmt: skip
        return bool(told) and told[-1].actor

    def place(self, call: Call, here: Happened, answer: Answer) -> None:
        """Stream without a user: the device's anonymous one of the event time's epoch."""
        device = device_of(call)
        here.epoch = self.epoch(device, call.time)
        if call.time >= self.contested.get(device, call.time + 1):
            here.place = "contested"
        elif self.kiosk and here.epoch and call.device and (call.kind == "link" or not (call.user or call.email)):
            answer.rotate.add(device)  # "the answer to the next event without a user tells the browser to rotate"

    def identify(self, call: Call, here: Happened, told: dict[str, str]) -> None:
        if call.user:
            person = self.person(f"user:{call.user}", call.strength)
            self.addresses(person, call)
        elif call.email:
            name = f"email:{call.email}"
            known = self.named(name)
            if known and self.is_protected(name, call.email_strength):
                self.refuse("email_verified", call, known, known)
                return
            person = self.person(name, call.email_strength)
            self.said.append((person, name, call.email_strength, call.time))
            here.typed = call.email_strength < ASSERTED
        else:
            return  # "its traits stay with the anonymous stream"
        self.speaks(person, call, here)
        # The person's own come last: what this very identify moves in time does not count for its own brake.
        for device in sorted(
            dict.fromkeys(filter(None, (call.device, *call.others))), key=lambda one: self.is_own(person, one, call)
        ):
            self.claim(person, device, call, call.strength if call.user else call.email_strength, told.get(device))

    def is_protected(self, name: str, strength: int) -> bool:
        """'Where proofs are asked for, an address that somebody has proven is not theirs who only say it.'"""
        known = self.named(name)
        return known is not None and self.guarded and known.names[name] >= PROVEN_EMAIL > strength

    def other(self, call: Call, here: Happened, told: dict[str, str]) -> None:
        if not call.user:
            return
        person = self.person(f"user:{call.user}", call.strength)
        self.addresses(person, call)
        self.speaks(person, call, here)
        if call.kind == "alias" and call.previous != call.user:
            previous = self.named(f"user:{call.previous}")
            if not previous:
                self.claim(person, call.previous, call, call.strength, told.get(call.previous))
            elif previous.root() is not person.root():
                if call.strength < VERIFIED:
                    self.refuse("two_people", call, person, previous)
                elif self.was_undone(previous, person):
                    self.refuse("undone", call, person, previous)
                else:
                    self.merge(previous, person, call.now)

    def speaks(self, person: Person, call: Call, here: Happened) -> None:
        here.place, here.person = "asserted", person
        if call.user and call.strength == VERIFIED:
            self.proven.add((call.device, person))

    # -- people and addresses ------------------------------------------------------------------------------------------------

    def named(self, name: str) -> Person | None:
        return next((person for person in self.people if name in person.names), None)

    def person(self, name: str, strength: int) -> Person:
        found = self.named(name)
        if not found:
            found = Person(len(self.seen))
            self.people.append(found)
        found.names[name] = max(strength, found.names.get(name, strength))
        return found

    def together(self, person: Person) -> list[Person]:
        """People who are this person: itself, then the others as they joined."""
        return sorted(
            (one for one in self.people if one.root() is person.root()), key=lambda one: (one.joined() or 0, one.made)
        )

    def names(self, person: Person) -> frozenset[str]:
        return frozenset(name for one in self.together(person) for name in one.names)

    def has(self, person: Person, kind: str) -> bool:
        return any(name.startswith(kind) for name in self.names(person))

    def addresses(self, person: Person, call: Call) -> None:
        """`identify(user, {email})`; and a user id that is an address is both."""
        said = {f"email:{call.user}": call.strength} if call.user and "@" in call.user else {}
        if call.email and call.kind == "identify":
            said[f"email:{call.email}"] = max(call.email_strength, said.get(f"email:{call.email}", 0))
        for name, strength in said.items():
            if call.time > self.gone_names.get(name, call.time - 1) and self.address(person, name, strength, call):
                self.said.append((person, name, strength, call.time))

    def address(self, person: Person, name: str, strength: int, call: Call) -> bool:
        other = self.named(name)
        braked = strength <= ASSERTED and len([one for each in self.together(person) for one, proof in each.names.items()
                                               if one.startswith("email:") and proof <= ASSERTED]) >= self.brake[2]  # fmt: skip
        if other and other.root() is person.root():
            other.names[name] = max(strength, other.names[name])
            return True
        if other and self.is_protected(name, strength):
            reason = "email_verified"
        elif other and self.has(other, "user:"):
            reason = "email_taken"  # "Two accounts are never joined"
            if strength > other.names[name] and braked:
                reason = "fan_in"
            elif strength > other.names[name]:
                del other.names[name]
                person.names[name] = strength
                self.log["moved", name, call.name] = ("address_moved", "", call.device or "", person, other)
                return True
        elif other and person.into:
            reason = "merged_away"
        elif other and self.was_undone(person, other):
            reason = "undone"
        elif braked or (other and self.leads_of_a_day(person, call.now) >= self.brake[3]):
            reason = "fan_in"
        elif other:
            self.merge(other, person, call.now, lead=True)
            other.names[name] = max(strength, other.names[name])
            return True
        else:
            person.names[name] = strength
            return True
        self.refuse(reason, call, person, other)
        return False

    def leads_of_a_day(self, person: Person, now: int) -> int:
        return sum(one.lead and not one.undone and now - DAY < one.at <= now and one.target.root() is person.root()
                   for one in self.merges)  # fmt: skip

    # -- claims --------------------------------------------------------------------------------------------------------------

    def epoch(self, device: str, time: int) -> int:
        begun = [(begin, number) for number, begin in enumerate(self.begins.get(device, ()), 1) if begin <= time]
        return max(begun)[1] if begun else 0

    def open_epoch(self, device: str, begin: int) -> None:
        if begin not in self.begins.setdefault(device, []):
            self.begins[device].append(begin)

    def claim(self, person: Person, device: str, call: Call, strength: int, comes_to: str | None) -> None:
        """'Who wins a claim', in the order of the page. `comes_to` is what naming this person there did."""
        if comes_to in (None, "still here"):
            return
        weak = strength < ASSERTED
        stream = (device, self.epoch(device, call.time))
        held = self.claims.get(stream)
        if held and held.by.root() is person.root():
            held.strength, held.reach = max(held.strength, strength), min(held.reach, self.reach(min(held.at, call.time)))
            held.at = min(held.at, call.time)
        elif stream in self.detached:
            self.refuse("detached", call, person, None, device)
        elif not held and (comes_to == "other" or self.contested.get(device, call.time + 1) <= call.time):
            self.refuse("contested", call, person, None, device, once=weak)
        elif held and (comes_to == "other" or held.strength >= strength):
            self.refuse("claimed_by_another", call, person, held.by, device, once=weak)
        elif self.is_braked(person, call.time):
            self.refuse("fan_in", call, person, held.by if held else None, device, once=weak)
        else:
            self.claims[stream] = Claim(person, call.time, strength, self.reach(call.time))
            self.log[call.name, device] = ("anonymous_merge", "", device, person, held.by if held else None)

    # -- names on streams -----------------------------------------------------------------------------------------------------

    def hear(self, call: Call, answer: Answer) -> dict[str, str]:
        """'Whom it names is remembered on every anonymous id that it brings, whatever becomes of the event.'"""
        if call.unproven or call.actor or call.kind not in ("identify", "alias"):
            return {}
        if call.kind == "alias" and call.previous == call.user:
            return {}
        names = {f"user:{call.user}"} if call.user else set()
        names |= {f"email:{call.user}"} if call.user and "@" in call.user else set()
        names |= {f"email:{call.email}"} if call.email and call.kind == "identify" else set()
        brought = [call.previous] if call.kind == "alias" else [one for one in (call.device, *call.others) if one]
        strength = call.strength if call.user else call.email_strength
        told = {device: self.hear_on(device, names, strength, call, answer) for device in dict.fromkeys(brought) if names}
        return {device: comes_to for device, comes_to in told.items() if comes_to}

    def hear_on(self, device: str, names: Set[str], strength: int, call: Call, answer: Answer) -> str | None:
        if device in self.gone_devices:
            answer.rotate.add(device)
            return None
        if not self.merging:
            return None  # "With `--no-merge` nothing is claimed"
        stream, strong = (device, self.epoch(device, call.time)), strength >= ASSERTED
        known, best = self.named_on(stream, names)
        if best is None and stream not in self.streams() and self.is_still_there(names, device, call.time):
            return "still here"
        if best is None and self.contested.get(device, call.time + 1) > call.time:
            comes_to = "first"
        elif best is not None and is_same(known, names):
            names, strength, comes_to = known | names, max(best, strength), "same"
        elif best is not None and best < strength:
            comes_to = "stronger"
        else:
            if strong:  # "A link click and a typed address never contest a device and never rotate"
                answer.rotate.add(device)
                if not self.kiosk and best is not None:  # "Nothing is contested"
                    self.contested[device] = min(self.contested.get(device, call.time), call.time)
            return "other"
        self.whom[stream] = (frozenset(names), strength)
        if self.kiosk and comes_to != "same":  # "each naming ends its epoch"
            self.open_epoch(device, call.time + 1)
        return comes_to

    def named_on(self, stream: tuple[str, int], names: Set[str]) -> tuple[frozenset[str], int | None]:
        """Names on a stream; of one given by hand with none: 'its owner counts as named'."""
        held = self.claims.get(stream)
        if stream in self.whom or not held:
            return self.whom.get(stream, (frozenset(), None))
        user = [person for name in names if name.startswith("user:") and (person := self.named(name))]
        known = user or [person for name in names if (person := self.named(name))]
        return (frozenset(names if any(one.root() is held.by.root() for one in known) else ()), held.strength)

    def reach(self, at: int) -> int:
        return max(at - self.lookback, self.merging_since)

    def is_own(self, person: Person, device: str, call: Call) -> bool:
        held = self.claims.get((device, self.epoch(device, call.time)))
        return held is not None and held.by.root() is person.root()

    def is_still_there(self, names: Set[str], device: str, time: int) -> bool:
        """Kiosk: nothing has happened in this epoch, and in the one before the same one was named."""
        begin = max((begin for begin in self.begins.get(device, ()) if begin <= time), default=None)
        if not self.kiosk or begin is None:
            return False
        known, best = self.named_on((device, self.epoch(device, begin - 1)), names)
        return best is not None and is_same(known, names)

    def streams(self) -> set[tuple[str, int]]:
        return {one.stream for one in self.happened if one.place == "anonymous"} | self.claims.keys() | self.detached

    def is_braked(self, person: Person, time: int) -> bool:
        mine = [claim for claim in self.claims.values() if claim.by.root() is person.root()]
        return len(mine) >= self.brake[0] or sum(time - DAY < claim.at <= time for claim in mine) >= self.brake[1]

    def refuse(self, reason: str, call: Call, person: Person, other: Person | None, device: str | None = None,
               once: bool = False) -> None:  # fmt: skip
        """'Refusals are logged once per device, person, reason and hour; `detached` once, and those of weak claims.'"""
        device = device or call.device
        cause = (reason, device, person, 0 if once or reason == "detached" else call.time // HOUR)
        self.log.setdefault(cause, ("merge_refused", reason, device or "", person, other))

    # -- by hand -------------------------------------------------------------------------------------------------------------

    def detach(self, device: str) -> None:
        for stream in [stream for stream in self.claims if stream[0] == device]:
            del self.claims[stream]
            self.detached.add(stream)

    def attach(self, device: str, person: Person, now: int) -> None:
        for stream in self.streams():
            held = self.claims.get(stream)
            if stream[0] == device and not (held and held.by.root() is person.root()):
                self.claims[stream] = Claim(person, now, VERIFIED, self.reach(now))
                self.detached.discard(stream)

    def merge(self, source: Person, target: Person, now: int, lead: bool = False) -> None:
        source, target = source.root(), target.root()
        if source is not target:
            source.into, source.since = target, now
            self.merges.append(Merge(source, target, now, lead))

    def unmerge(self, merge: Merge) -> None:
        if not merge.undone:
            merge.undone, merge.source.into = True, None

    def was_undone(self, one: Person, other: Person) -> bool:
        roots = {one.root(), other.root()}
        return any(merge.undone and {merge.source.root(), merge.target.root()} == roots for merge in self.merges)

    def log_out(self, device: str, moment: int) -> None:
        known = {one.call.device for one in self.happened} | {stream[0] for stream in self.streams()} | self.contested.keys()
        if device in known:
            self.open_epoch(device, moment)  # "of an anonymous id that was never seen, there is nothing to end"

    def delete(self, person: Person, now: int) -> None:
        gone = self.together(person)
        mine = {stream for stream, claim in self.claims.items() if claim.by in gone}
        spoke = {one.call.device for one in self.happened if one.person in gone and one.call.device}
        others = {one.call.device for one in self.happened if one.person and one.person not in gone}
        others |= {device for (device, _), claim in self.claims.items() if claim.by not in gone}
        retired = {device for device, _ in mine} | (spoke - others)
        self.gone_devices |= retired
        names = {name for one in gone for name in one.names}
        self.gone_names |= dict.fromkeys(names, now)
        self.happened = [one for one in self.happened if one.person not in gone
                         and not (one.place == "anonymous" and one.stream in mine)
                         and not (one.place == "excluded" and f"user:{one.call.user}" in names)]  # fmt: skip
        self.claims = {stream: claim for stream, claim in self.claims.items() if stream not in mine}
        self.log = {cause: entry for cause, entry in self.log.items() if not {*entry[3:]} & {*gone} and entry[2] not in retired}
        for merge in self.merges:
            merge.undone |= merge.source in gone or merge.target in gone
        self.people = [one for one in self.people if one not in gone]

    # -- visible facts --------------------------------------------------------------------------------------------------------

    def whose(self, one: Happened) -> Person | None:
        if one.place == "asserted":
            return one.person.root() if one.person else None
        claim = self.claims.get(one.stream) if one.place == "anonymous" else None
        return claim.by.root() if claim and one.call.time >= claim.reach else None

    def fields(self, root: Person) -> dict[str, Any]:
        """'Derived, for every field, from the first of these that has a value.'"""
        members = self.together(root)
        spoken = [[one for one in self.happened if one.writes and one.person is member] for member in members]
        explicit = [[one for one in some if not one.typed] for some in spoken]
        typing = [[one for one in some if one.typed] for some in spoken]
        claimed = sorted((claim.at, stream) for stream, claim in self.claims.items() if claim.by in members)
        anonymous = [[one for one in self.happened if one.writes and one.place == "anonymous" and one.stream == stream
                      and self.whose(one)] for _, stream in claimed]  # fmt: skip
        found: dict[str, Any] = {}
        for key in {key for one in self.happened for key, _ in one.call.fields} - NEVER_FIELDS:
            own = [said for said in (newest(told, key) for told in explicit) if said]
            now = [said for said in own if not said[2] or said[0] > said[2]]
            before = [said for said in own if said not in now]
            filled = [said for said in (newest(told, key) for told in anonymous) if said and key not in self.historical]
            typed = [said for said in (newest(told, key) for told in typing) if said]
            now, typed = (sorted(some, key=lambda said: said[:2], reverse=True) for some in (now, typed))
            values = [value for _, _, _, value in [*now, *before, *typed, *filled]]
            found |= dict([(key, value) for value in values if value not in (None, "")][:1])
        return found

    def email(self, root: Person) -> str:
        """'The one that was said last with the best proof.'"""
        held = {name for name in self.names(root) if name.startswith("email:")}
        said = [(strength, time, name) for who, name, strength, time in self.said if name in held and who.root() is root]
        return max(said, default=(0, 0, max(held, default="")))[2]

    def tags(self, root: Person) -> set[str]:
        said = [one.call for one in self.happened if one.writes and one.person and one.person.root() is root]
        return {tag for call in said for tag in call.add_tags
                if max(other.time for other in said if tag in other.add_tags)
                > max((other.time for other in said if tag in other.remove_tags), default=-(10**18))}  # fmt: skip

    def subscribed(self, root: Person) -> bool:
        """'Until an opt-in later than the opt-out and than every merge by which either of the two came to be this person.'"""
        said = [(one.call, one.person) for one in self.happened if one.writes and one.person and one.person.root() is root]
        return all(
            any(back.subscribed and back.time > out.time
                and (by is whose or back.time > max(by.joined() or 0, whose.joined() or 0)) for back, by in said)
            for out, whose in said if out.subscribed is False
        )  # fmt: skip

    def devices(self, root: Person) -> set[str]:
        """Anonymous ids that became this person's."""
        return {device for (device, _), claim in self.claims.items() if claim.by.root() is root}

    def visits(self, root: Person) -> tuple[int | None, int | None, int | None]:
        """First and last visit, first identified visit."""
        seen = [one for one in self.happened if self.whose(one) is root]
        times, known = [one.call.time for one in seen], [one.call.time for one in seen if one.place == "asserted"]
        return min(times, default=None), max(times, default=None), min(known, default=None)

    def accounts(self, root: Person) -> set[str]:
        return {one.call.account for one in self.happened if one.writes and one.call.account and self.whose(one) is root}

    def facts(self) -> dict[str, Any]:
        """Facts that can show, in names."""
        found: dict[str, Any] = {
            "whose": {one.call.name: self.names(owner) if (owner := self.whose(one)) else None for one in self.happened},
            "anonymous": {one.call.name: one.place in ("anonymous", "contested") for one in self.happened},
            "contested": {device: since for device, since in self.contested.items() if device not in self.gone_devices},
            "log": sorted((what, reason, device, *sorted(self.names(who))) for what, reason, device, who, _ in self.log.values()),
        }  # fmt: skip
        for root in (one for one in self.people if one is one.root()):
            found[f"person {sorted(self.names(root))}"] = {
                "parts": sorted(sorted(one.names) for one in self.together(root)), "fields": self.fields(root),
                "email": self.email(root),
                "tags": self.tags(root), "subscribed": self.subscribed(root), "devices": self.devices(root),
                "visits": self.visits(root), "accounts": self.accounts(root),
            }  # fmt: skip
        return found


def device_of(call: Call) -> str:
    """Anonymous id; else the virtual device of the user."""
    return call.device or (f"user:{call.user}" if call.user else f"email:{call.email}")


def is_same(known: Set[str], names: Set[str]) -> bool:
    """'By their user ids where both have one, else by an address.'"""
    users = [{name for name in some if name.startswith("user:")} for some in (known, names)]
    return users[0] == users[1] if all(users) else bool(known & names)


def newest(told: list[Happened], key: str) -> tuple[int, str, int | None, Any] | None:
    """Newest value of a field, by event time: (time, message, since when that person is merged, value)."""
    said = [(one.call.time, one.call.name, one.person.joined() if one.person else None, value)
            for one in told for name, value in one.call.fields if name == key]  # fmt: skip
    return max(said, key=lambda entry: entry[:2], default=None)
