"""Shows the newest reports to those who may see them: by name and password, or by a signed link that ends."""

import base64
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from connector.reports.page.markup import element, raw
from connector.service.links import EndedLink, InvalidLink, Signer
from connector.service.plain_pages import plain_page
from connector.service.wire import Place, Reply, Request, page, text

PURPOSE = "report"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# The pages' own styles and scripts are named by hash in the policy they bring along.
_REPORT_POLICY = "frame-ancestors 'none'; form-action 'none'"
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}\.html")
_ASK = {"WWW_Authenticate": 'Basic realm="reports", charset="UTF-8"'}


@dataclass(frozen=True, slots=True)
class Readers:
    """Who may see reports: this user with this password (None: nobody by password), and whoever has a signed link."""

    user: str
    password: str | None
    signer: Signer
    now: Callable[[], datetime]

    def refusal(self, request: Request, subject: str) -> Reply | None:
        """Why somebody may not see a report; None where they may."""
        token = request.query.get("link")
        if token is not None:
            try:
                if self.signer.read(token, PURPOSE, self.now()).subject == subject:
                    return None
            except EndedLink as ended:
                return text(f"{ended} Ask for a new one.", 410)
            except InvalidLink as invalid:
                return text(str(invalid), 403)
            return text("This link is for another report.", 403)
        if self.password is None:
            return text("Reports are shown by the links in mails; without http.password there is no other way.", 403)
        return None if self._knows(request.headers.get("authorization", "")) else text("Who are you?", 401, **_ASK)

    def _knows(self, header: str) -> bool:
        scheme, _, given = header.partition(" ")
        try:
            user, colon, password = base64.b64decode(given, validate=True).decode().partition(":")
        except ValueError:
            return False
        right = hmac.compare_digest(user.encode(), self.user.encode())
        right &= hmac.compare_digest(password.encode(), (self.password or "").encode())
        return right and bool(colon) and scheme.lower() == "basic" and self.password is not None


def places(folder: Path, readers: Readers) -> tuple[Place, ...]:
    """Where reports are shown; only files that lie right in the folder, under their names."""

    def listed(request: Request) -> Reply:
        name = request.path.removeprefix("/reports/")
        if refused := readers.refusal(request, name):
            return refused
        return _index(folder) if not name else _file(folder, name)

    return (Place("/reports/", listed),)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix in _TYPES)
    except OSError:
        return []


def _index(folder: Path) -> Reply:
    links = [element("li", element("a", path.name, href=path.name)) for path in _files(folder)]
    told = element("ul", *links) if links else raw(element("p", "There are no reports yet."))
    return page(plain_page("Reports", told))


def _file(folder: Path, name: str) -> Reply:
    # The name is looked up among those there are: no path that was asked for is ever put together.
    files = _files(folder)
    if name == "latest":
        name = max((path.name for path in files if _MONTH.fullmatch(path.name)), default="")
    found = next((path for path in files if name and name in (path.name, path.stem)), None)
    if found is None:
        return text("There is no such report.", 404)
    try:
        content = found.read_bytes()
    except OSError:
        return text("There is no such report.", 404)
    shown = [("Content-Security-Policy", _REPORT_POLICY)]
    if found.suffix != ".html":
        shown.append(("Content-Disposition", f'attachment; filename="{found.name}"'))
    return Reply(200, content, _TYPES[found.suffix], shown)
