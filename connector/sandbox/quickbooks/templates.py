"""Recurring templates: what QuickBooks itself will bill, and the documents it makes of them when their day comes."""

from calendar import monthrange
from datetime import date
from decimal import Decimal
from typing import Any

from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.documents import PURCHASES, compose_purchase, compose_sale
from connector.sandbox.quickbooks.entities import EVERY
from connector.sandbox.quickbooks.numbering import SALES, free_number
from connector.sandbox.quickbooks.refusals import Refused, feature, missing, refused

_MONTHS = {"Monthly": 1, "Yearly": 12}


def create_template(company: Company, body: dict[str, Any]) -> Thing:
    """Keep a template; the body is `{"Invoice": {…, "RecurringInfo": {…}}}`, without a wrapper around it."""
    kind, wanted = _read(company, body)
    info = wanted.get("RecurringInfo", {})
    absent = [name for name in ("Name", "RecurType") if not info.get(name)]
    if absent:
        raise Refused([missing(f"RecurringInfo.{name}") for name in absent])
    thing = _compose(company, kind, wanted)
    series = len(company.tables["RecurringTransaction"]) + len(
        [stone for stone in company.tombstones if stone.entity == "RecurringTransaction"]
    )
    return company.put(
        "RecurringTransaction",
        {**thing, "Type": kind, "RecurringInfo": _scheduled(info), "RecurDataRef": {"value": str(series + 1)}},
    )


def change_template(company: Company, body: dict[str, Any], *, delete: bool = False) -> Thing:
    """Change a template, or delete it."""
    kind, wanted = _read(company, body, whole=not delete)
    old = company.get("RecurringTransaction", wanted.get("Id", ""))
    if old["SyncToken"] != wanted.get("SyncToken"):
        raise refused("5010", "Stale Object Error", "Stale Object Error : The template was changed by somebody else.")
    if delete:
        company.remove("RecurringTransaction", old)
        return old
    thing = _compose(company, kind, wanted)
    info = {**old["RecurringInfo"], **wanted.get("RecurringInfo", {})}
    kept = {"Type": kind, "RecurringInfo": _scheduled(info), "RecurDataRef": old["RecurDataRef"]}
    return company.put("RecurringTransaction", {**thing, **kept}, old)


def run_templates(company: Company) -> list[Thing]:
    """Make the documents of all automated templates whose next day has come; returns them."""
    made = []
    today = company.today().isoformat()
    for template in company.every("RecurringTransaction"):
        info = template["RecurringInfo"]
        schedule = info.get("ScheduleInfo", {})
        if info["RecurType"] != "Automated" or info.get("Active") is False:
            continue
        while schedule.get("NextDate") and schedule["NextDate"] <= min(today, schedule.get("EndDate", today)):
            made.append(_generate(company, template, schedule["NextDate"]))
            following = next_day(schedule, date.fromisoformat(schedule["NextDate"]))
            schedule = {**schedule, "PreviousDate": schedule["NextDate"], "NextDate": following.isoformat()}
            left = schedule.get("MaxOccurrences")
            if left is not None:
                schedule["MaxOccurrences"] = left - 1
                if left <= 1:
                    schedule.pop("NextDate")
        if schedule is not info.get("ScheduleInfo", {}):
            info = {**info, "ScheduleInfo": schedule}
            company.put("RecurringTransaction", {**template, "RecurringInfo": info}, template)
    return made


def next_day(schedule: Thing, day: date) -> date:
    """The day after `day` on which a monthly, yearly, weekly or daily schedule comes again."""
    step = int(schedule.get("NumInterval") or 1)
    months = _MONTHS.get(schedule.get("IntervalType", "Monthly"))
    if months is None:
        days = 7 * step if schedule["IntervalType"] == "Weekly" else step
        return date.fromordinal(day.toordinal() + days)
    count = day.year * 12 + day.month - 1 + months * step
    year, month = divmod(count, 12)
    wanted = int(schedule.get("DayOfMonth") or day.day)
    return date(year, month + 1, min(wanted, monthrange(year, month + 1)[1]))


def _read(company: Company, body: dict[str, Any], *, whole: bool = True) -> tuple[str, Thing]:
    if company.edition.endswith("Simple Start"):
        raise feature("RecurringTransaction")
    if "RecurringTransaction" in body:
        detail = "Invalid Type : RecurringTransaction is not expected around the transaction"
        raise refused("2120", "Invalid Type", detail)
    kinds = [kind for kind in (*SALES, *PURCHASES) if kind in body]
    if len(kinds) != 1 or not isinstance(body[kinds[0]], dict):
        raise refused("2000", "Invalid or unsupported object name", "Object Name: RecurringTransaction")
    wanted = EVERY[kinds[0]].read(body[kinds[0]], company.latin)
    if whole and "RecurringInfo" not in wanted:
        raise Refused([missing("RecurringInfo")])
    return kinds[0], wanted


def _compose(company: Company, kind: str, wanted: Thing) -> Thing:
    number = company.last_number
    compose = compose_sale if kind in SALES else compose_purchase
    thing = compose(company, kind, {**wanted, "DocNumber": ""}, None)
    company.last_number = number
    return {name: value for name, value in thing.items() if name not in ("DocNumber", "TxnDate")}


def _generate(company: Company, template: Thing, day: str) -> Thing:
    wanted = {
        name: value
        for name, value in template.items()
        if name not in ("Id", "SyncToken", "MetaData", "Type", "DueDate")
    }
    kind = template["Type"]
    custom = company.prefers("SalesFormsPrefs", "CustomTxnNumbers")
    if custom and kind in SALES:
        wanted["DocNumber"] = free_number(company)
    compose = compose_sale if kind in SALES else compose_purchase
    thing = compose(company, kind, {**wanted, "TxnDate": day}, None)
    return company.put(kind, {**thing, "RecurDataRef": template["RecurDataRef"]})


def _scheduled(info: Thing) -> Thing:
    schedule = dict(info.get("ScheduleInfo", {}))
    if "NextDate" not in schedule and "StartDate" in schedule:
        schedule["NextDate"] = schedule["StartDate"]
    for name in ("NumInterval", "DayOfMonth", "MaxOccurrences", "DaysBefore", "RemindDays", "WeekOfMonth"):
        if name in schedule:
            schedule[name] = Decimal(int(schedule[name]))
    return {**info, "Active": info.get("Active", True), "ScheduleInfo": schedule}
