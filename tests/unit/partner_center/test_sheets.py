"""Price sheets: one that is damaged is told as that, and no other sheet waits for it."""

import io
import random
import zipfile
from pathlib import Path

from connector.adapters.partner_center.sheets import NoSheet, _content
from connector.domain.extraction import Part
from connector.sandbox.messages import Request, Response
from connector.sandbox.running import Deal
from tests.fetching import Office, office


def packed() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "sheets.csv", "ProductId,SkuId\n" + "".join(f"CFQ{n * 7919 % 10007},{n}\n" for n in range(900))
        )
    return target.getvalue()


def test_however_an_archive_is_damaged_it_is_told_as_that() -> None:
    whole, refused = packed(), 0
    for seed in range(800):
        chance, damaged = random.Random(seed), bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            damaged[chance.randrange(4, len(damaged))] = chance.randrange(256)
        if seed % 5 == 0:
            del damaged[chance.randrange(5, len(damaged)) :]
        try:
            _content("a sheet", bytes(damaged))
        except NoSheet as told:
            refused += "try again later" in str(told)
    assert refused > 700


def spoilt(own: Office, view: str, answer: Response) -> None:
    """Let the sheets of one view come spoilt."""
    pricing = own.sandbox.pricing
    handle = pricing.handle

    def handling(request: Request) -> Response:
        return answer if view in request.path else handle(request)

    pricing.handle = handling  # type: ignore[method-assign]


def test_a_damaged_sheet_keeps_no_other_from_being_read(tmp_path: Path) -> None:
    whole = packed()
    damaged = whole[:60] + bytes(40) + whole[100:]
    with office(tmp_path, Deal(customers=2)) as own:
        spoilt(own, "updatedlicensebased", Response(200, {"Content-Type": "application/octet-stream"}, damaged))
        told = own.sync(Part.PRICES)
        assert {trouble.subject.split(" of ")[0] for trouble in told.troubles} == {"price sheet updatedlicensebased"}
        assert all("damaged" in trouble.reason for trouble in told.troubles)
        assert own.contents()["prices"]
        assert own.contents()["exchange_rates"]


def test_a_sheet_that_microsoft_fails_to_make_keeps_no_other_from_being_read(tmp_path: Path) -> None:
    with office(tmp_path, Deal(customers=2)) as own:
        own.sandbox.faults.add(on="GET */sales/pricesheets(*'software')*?timeline=current", times=0, do="status:500")
        told = own.sync(Part.PRICES)
        assert [(trouble.subject, trouble.exit_code) for trouble in told.troubles] == [
            ("price sheet software of 2026-11 for US", 75)
        ]
        assert own.contents()["exchange_rates"]


def test_a_kind_of_sheet_that_microsoft_always_fails_to_make_keeps_no_other_from_being_read(tmp_path: Path) -> None:
    with office(tmp_path, Deal(customers=2)) as own:
        own.sandbox.faults.add(on="GET */sales/pricesheets(*'software')*", times=0, do="status:500")
        told = own.sync(Part.PRICES)
        assert {trouble.subject.split(" of ")[0] for trouble in told.troubles} == {"price sheet software"}
        assert len(told.troubles) == 4
        assert own.contents()["exchange_rates"]


def test_a_pricing_service_that_is_away_is_not_asked_for_every_sheet(tmp_path: Path) -> None:
    with office(tmp_path, Deal(customers=2)) as own:
        own.sandbox.faults.add(on="GET */sales/pricesheets*", times=0, do="status:503")
        told = own.sync(Part.PRICES)
        assert {trouble.exit_code for trouble in told.troubles} == {75}
        assert len(own.sandbox.servers["pricing"].exchanges) < 40
