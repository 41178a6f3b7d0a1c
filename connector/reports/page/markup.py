"""Writes HTML so that no text can become markup: whatever is not already markup is escaped."""

from html import escape

from connector.reports.wording import SHOWN_AS_BOX

_EMPTY = frozenset({"meta", "br", "input", "hr"})


class Html(str):
    """Text that is markup already and is not escaped again."""

    __slots__ = ()


def raw(text: str) -> Html:
    """Take a text as markup; only for the page's own style, script and figures."""
    return Html(text)


def element(name: str, /, *children: str | Html | None, **attributes: str | bool | None) -> Html:
    """Write an element. An underscore at the end of an attribute's name is dropped, others become hyphens.

    Attributes that are None or False are left out; children that are None, too.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _EMPTY:
        return Html(f"<{name}{written}>")
    inner = "".join(each if isinstance(each, Html) else _escaped(each) for each in children if each is not None)
    return Html(f"<{name}{written}>{inner}</{name}>")


def together(*parts: str | Html | None) -> Html:
    """Put texts and elements one after the other."""
    return Html("".join(part if isinstance(part, Html) else _escaped(part) for part in parts if part is not None))


def _attribute(key: str, value: str | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{_escaped(value)}"'


def _escaped(text: str) -> str:
    return escape(text.replace("\x00", SHOWN_AS_BOX))
