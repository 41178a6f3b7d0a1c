"""Whatever shape a refusal comes in, people get one sentence: what, where, QuickBooks' words, what to do."""

from pathlib import Path
from typing import Any

import pytest

from connector.adapters.quickbooks.advice import KNOWN_CODES, sentence
from connector.adapters.quickbooks.faults import Fault, read_faults, read_xml_faults
from connector.adapters.quickbooks.language import NoQuery, literal

MESSAGES = Path(__file__).with_name("messages.txt")
# What QuickBooks says, by code, as its documentation and people's reports have it.
WORDS = {
    "120": "Authorization Failure", "270": "Feature is not supported", "600": "Duplicate Request ID",
    "610": "Object Not Found : Something you're trying to use has been made inactive.",
    "620": "Transaction cannot be linked", "2010": 'Property Name:Unrecognized field "X" is unsupported or invalid',
    "2020": "Required parameter Line is missing in the request", "2030": "Id should be a valid number.",
    "2040": "Invalid String. Supplied value:Алекс", "2050": "String length is more than maximum allowed: 21",
    "2090": "Invalid Number : -1", "2290": "Negative amount", "2500": "Invalid Reference Id : Line.ItemRef 88",
    "3100": "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
    "3200": "Token expired", "5010": "Stale Object Error : You and Jane were working on this at the same time.",
    "5020": "Permission Denied Error", "5030": "Feature Not Supported Error", "6000": "A business validation error",
    "6070": "Amount is not equal to UnitPrice * Qty. Supplied value:1,861.07", "6100": "Invalid tax code",
    "6130": "Bill with parent cannot be changed", "6140": "Already used. DocNumber=18696 is assigned to"
    " TxnType=Invoice with TxnId=6575", "6190": "Subscription has ended", "6200": "Account period closed",
    "6210": "The account period has closed and the account books cannot be updated through the QBO services API.",
    "6240": "The name supplied already exists. : Id=5", "6480": "Transaction has been matched",
    "6540": "Transaction has been deposited", "10000": "An application error has occurred",
}  # fmt: skip


def fault(code: str, message: str = "Message", detail: str = "", element: str = "") -> dict[str, Any]:
    return {
        "Error": [{"Message": message, "Detail": detail, "code": code, "element": element}],
        "type": "ValidationFault",
    }


def test_each_fault_is_told_in_one_sentence_with_what_to_do() -> None:
    assert set(WORDS) == KNOWN_CODES
    told = [
        sentence(read_faults({"Fault": fault(code, detail=words)}), "books-us", "POST invoice")
        for code, words in sorted(WORDS.items(), key=lambda pair: int(pair[0]))
    ]
    assert all(one.endswith(".") and "\n" not in one and "; " in one for one in told)
    assert "\n".join(told) + "\n" == MESSAGES.read_text("utf-8")


def test_the_gateways_lower_case_is_read_as_well() -> None:
    body = {
        "warnings": None,
        "fault": {
            "error": [
                {
                    "message": "message=AuthenticationFailed; errorCode=003200; statusCode=401",
                    "detail": "Token expired: AB01",
                    "code": "3200",
                    "element": None,
                }
            ],
            "type": "AUTHENTICATION",
        },
        "time": 1601391072830,
    }
    assert [(one.code, one.detail, one.type) for one in read_faults(body)] == [
        ("3200", "Token expired: AB01", "AUTHENTICATION")
    ]


@pytest.mark.parametrize("code", ["", "abc", None])
def test_a_code_that_is_none_is_looked_for_in_the_message(code: str | None) -> None:
    error = {"message": "message=ThrottleExceeded; errorCode=003001; statusCode=429", "code": code}
    assert read_faults({"fault": {"error": error}})[0].code == "3001"
    assert read_faults({"Fault": {"Error": [{"Message": "odd"}]}})[0].code == ""


def test_several_faults_at_once_are_all_read() -> None:
    body = {"Fault": {"Error": [*fault("6140")["Error"], *fault("2020", element="AccountRef")["Error"]], "type": "V"}}
    found = read_faults(body)
    assert [one.code for one in found] == ["6140", "2020"]
    assert "(and 1 more)" in sentence(found, "books-us", "POST bill")


def test_the_fault_of_an_upload_sits_inside_its_answer() -> None:
    found = read_faults({"AttachableResponse": [{"Fault": fault("6041", "File type not allowed")}], "time": "now"})
    assert [one.code for one in found] == ["6041"]


def test_xml_is_read_where_json_was_asked_for() -> None:
    body = (
        '<?xml version="1.0"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3"><Fault type="AUTHENTICATION">'
        '<Error code="3200"><Message>message=ApplicationAuthenticationFailed; errorCode=003200</Message>'
        "<Detail>no</Detail></Error></Fault></IntuitResponse>"
    )
    assert read_xml_faults(body) == (
        Fault("3200", "message=ApplicationAuthenticationFailed; errorCode=003200", "no", "", "AUTHENTICATION"),
    )
    assert read_xml_faults("<html>busy</html>") == ()


def test_the_list_of_all_fields_there_are_is_left_out() -> None:
    detail = (
        'Unrecognized field "BadJson" (class X), not marked as ignorable (83 known properties: "A", "B" [truncated]])'
    )
    told = sentence(read_faults({"Fault": fault("2010", detail=detail)}), "books-us", "POST invoice")
    assert "BadJson" in told
    assert "known properties" not in told


@pytest.mark.parametrize(
    ("text", "quoted"),
    [("O'Reilly", r"'O\'Reilly'"), ("back\\", r"'back\\'"), ("\\'", r"'\\\''"), ("Žofie 株式会社", "'Žofie 株式会社'")],
)
def test_texts_in_queries_stay_texts(text: str, quoted: str) -> None:
    assert literal(text) == quoted


@pytest.mark.parametrize("text", ["a\nb", "a\0", "\x85"])
def test_control_characters_are_not_asked_for(text: str) -> None:
    with pytest.raises(NoQuery):
        literal(text)
