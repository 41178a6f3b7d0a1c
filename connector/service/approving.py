"""Lets a person approve a held plan by the link in a mail: they see what it changes, and confirm, once.

The link is signed, ends, and can be used once. To look changes nothing, so that a mail scanner that follows links
approves nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.reports.page.markup import Html, element, raw
from connector.service.links import EndedLink, InvalidLink, Signed, Signer
from connector.service.plain_pages import plain_page, sentences
from connector.service.wire import Place, Reply, Request, page

PURPOSE = "approve"


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan as it is shown before it is approved; `guards` are those that a person may let pass, with the reason.

    `obstacle` says why it cannot be approved (any more). `documents` are for whom, what, how much, and the change
    against the month before; `left` is how many more there are.
    """

    plan_id: str
    title: str
    summary: tuple[str, ...]
    guards: tuple[tuple[str, str], ...] = ()
    obstacle: str = ""
    documents: tuple[tuple[str, str, str, str], ...] = ()
    left: int = 0


class Approvals(Protocol):
    """What approving needs of the rest."""

    def show(self, plan_id: str) -> Shown | None:
        """A plan as it stands; None where there is none."""
        ...

    def plan_page(self, plan_id: str) -> str | None:
        """The whole plan as a page."""
        ...

    def is_used(self, nonce: str) -> bool:
        """Whether a link was used."""
        ...

    def approve(self, signed: Signed, released: tuple[str, ...]) -> bool:
        """Use a link up and let its plan be posted; False where it was used before."""
        ...


def places(approvals: Approvals, signer: Signer, now: Callable[[], datetime]) -> tuple[Place, ...]:
    """Where plans are shown and approved."""

    def approve(request: Request) -> Reply:
        token = request.path.removeprefix("/approve/")
        signed = _read(token, signer, now())
        if isinstance(signed, Reply):
            return signed
        if request.query.get("plan") == "all":
            html = approvals.plan_page(signed.subject)
            return page(html) if html is not None else _told("There is no such plan", "It was forgotten meanwhile.")
        shown = approvals.show(signed.subject)
        if shown is None:
            return _told("There is no such plan", "It was forgotten meanwhile; a newer one will be told.", 410)
        if approvals.is_used(signed.nonce):
            return _told("This link was used already", "A plan is approved once. Nothing was done now.", 410)
        if shown.obstacle:
            return _told("This plan cannot be approved any more", shown.obstacle, 409)
        if request.method != "POST":
            return page(plain_page(shown.title, *_asking(shown, signed)))
        released = tuple(name for name in request.form().get("release", []) if name in dict(shown.guards))
        if not approvals.approve(signed, released):
            return _told("This link was used already", "A plan is approved once. Nothing was done now.", 410)
        return page(plain_page("Approved", sentences(_DONE)))

    return (Place("/approve/", approve, ("GET", "POST")),)


_DONE = (
    "Thank you. The documents are being created in the ledger, each exactly once.",
    "What stands in the way of one of them will be told by mail; `connector status` says how far it is.",
)


def _read(token: str, signer: Signer, now: datetime) -> Signed | Reply:
    try:
        return signer.read(token, PURPOSE, now)
    except EndedLink as ended:
        return _told("This link has ended", f"{ended} `connector post PLAN` approves a plan by hand.", 410)
    except InvalidLink as invalid:
        return _told("This link is not valid", str(invalid), 403)


def _told(title: str, why: str, status: int = 404) -> Reply:
    return page(plain_page(title, sentences([why])), status)


def _documents(shown: Shown) -> Html:
    """What would be created, and what that changes against the month before."""
    head = element("tr", *(element("th", name) for name in ("Customer", "Document", "Net", "Against the month before")))
    rows = [element("tr", *(element("td", cell) for cell in row)) for row in shown.documents]
    left = [element("p", f"and {shown.left:,} more")] if shown.left else []
    return raw("".join(map(str, [element("table", head, *rows), *left]))) if rows else raw("")


def _asking(shown: Shown, signed: Signed) -> list[Html]:
    guards = [
        element("label", element("input", type="checkbox", name="release", value=name), f" Let pass: {why}")
        for name, why in shown.guards
    ]
    form = element(
        "form",
        *(
            [element("p", "Held for these reasons; documents with one that you do not let pass stay held:")]
            * bool(guards)
        ),
        *guards,
        element("p", element("button", "Approve and create these documents", type="submit")),
        method="post",
        action="",
    )
    return [
        raw(element("p", f"For {signed.who}. This link can be used once, until {signed.until:%Y-%m-%d %H:%M} UTC.")),
        sentences(shown.summary),
        _documents(shown),
        element("p", element("a", "See the whole plan, line by line", href="?plan=all")),
        form,
    ]
