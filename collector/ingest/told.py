"""Disclosure: how much of its receipt a request is told.

Who has the secret key is told the truth. The write key is everybody's: what it is told depends on what was said with it, and
never on what is known of anybody. An event of somebody deleted is `stored` to it, and one that the site's server has said
before is `stored` at first and a duplicate later, as if the server's were not there. The site's counts, its quarantine and the
console say what became of it.
"""

from __future__ import annotations

import msgspec

from ..domain.events import Proof, Quarantined, Reason
from ..ports import Receipt

UNTOLD = frozenset({Reason.DELETED})
"""Reasons for which an event is set aside because of what is known."""


class Told(msgspec.Struct, frozen=True):
    """`stored + duplicate + len(quarantined)` is what was received; `rotate` are anonymous ids to be given up."""

    stored: int
    duplicate: int
    quarantined: list[Quarantined]
    rotate: tuple[str, ...]


def told(receipt: Receipt, proof: Proof) -> Told:
    """Return what a request whose key proves this is told of its receipt."""
    rotate = tuple(dict.fromkeys(receipt.rotate))
    if proof >= Proof.VERIFIED:
        return Told(receipt.stored, receipt.duplicate, receipt.quarantined, rotate)
    if not receipt.quarantined and not receipt.echoed:
        return Told(receipt.stored, receipt.duplicate, receipt.quarantined, rotate)
    quarantined = [bad for bad in receipt.quarantined if bad.reason not in UNTOLD]
    untold = len(receipt.quarantined) - len(quarantined)
    return Told(receipt.stored + receipt.echoed + untold, receipt.duplicate - receipt.echoed, quarantined, rotate)
