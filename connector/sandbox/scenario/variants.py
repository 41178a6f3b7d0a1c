"""Whole-world variants: files that are damaged or incomplete, and charges of a kind nobody knows yet."""

from collections.abc import Collection
from decimal import Decimal

from connector.sandbox.scenario.catalogue import GENERAL
from connector.sandbox.scenario.lines import VendorLine
from connector.sandbox.scenario.money import cut
from connector.sandbox.scenario.world import World

INCOMPLETE = "incomplete_vendor_file"
SET_ASIDE = "record_set_aside"
UNKNOWN_TYPE = "unknown_charge_type"
HEADER_TAX = "tax_on_header_only"
VARIANTS = (INCOMPLETE, SET_ASIDE, UNKNOWN_TYPE, HEADER_TAX)
NOT_AUDITED = (INCOMPLETE, SET_ASIDE)
_GERMAN_TAX = Decimal("0.19")


def vary_world(world: World, variants: Collection[str]) -> None:
    """Apply the variants: change or leave out lines of the reconciled month, and say so in the truth."""
    if UNKNOWN_TYPE in variants:
        line = _billed_line(world)
        line.charge_type = "transferIn"
        _found(world, UNKNOWN_TYPE, line, line.subtotal, "a charge type Microsoft has not documented")
    if HEADER_TAX in variants:
        world.header_tax["EUR"] = cut(
            _GERMAN_TAX
            * sum((line.subtotal for line in world.charges[world.month] if line.currency == "EUR"), Decimal(0))
        )
    if SET_ASIDE in variants:
        line = _internal_lines(world)[0]
        line.damaged_start = "the first"
        _found(world, SET_ASIDE, line, line.subtotal, "ChargeStartDate is not a date")
    if INCOMPLETE in variants:
        line = _internal_lines(world)[-1]
        world.charges[world.month].remove(line)
        world.missing.append(line)
        world.found(INCOMPLETE, line.currency, line.total, "a line of the invoice is not in the file")


def _found(world: World, kind: str, line: VendorLine, impact: Decimal, note: str) -> None:
    owner = next(customer for customer in world.customers if customer.tenant_id == line.tenant_id)
    product = next((product for product in GENERAL if product.product_id == line.product_id), None)
    world.found(kind, line.currency, impact, note, owner, line.subscription_id, product)


def _internal_lines(world: World) -> list[VendorLine]:
    internal = {rule["tenant_id"] for rule in world.mapping.lists.get("internal", [])}
    lines = [line for line in world.charges[world.month] if line.tenant_id in internal]
    if not lines:
        raise ValueError("this variant needs a tenant of the partner's own; ask for at least 40 customers")
    return lines


def _billed_line(world: World) -> VendorLine:
    faulty = {(finding["tenant_id"], finding["product_id"]) for finding in world.findings}
    open_tenants = {customer.tenant_id for customer in world.customers if customer.mapped and not customer.sole}
    ordinary = {product.product_id for product in GENERAL}
    for line in world.charges[world.month]:
        if (
            line.charge_type == "cycleCharge"
            and line.tenant_id in open_tenants
            and line.product_id in ordinary
            and (line.tenant_id, line.product_id) not in faulty
        ):
            return line
    raise ValueError("this variant needs an ordinary charge; ask for at least 40 customers")
