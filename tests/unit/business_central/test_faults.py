"""What each refusal means for a posting, and that its sentence says what to do."""

import pytest

from connector.adapters.business_central.faults import Meaning, advice, fault, meaning, sentence


@pytest.mark.parametrize(
    ("status", "code", "words", "means", "says"),
    [
        (401, "Unauthorized", "no", Meaning.NO_ACCESS, "client_id"),
        (403, "", "", Meaning.NO_ACCESS, "permission sets"),
        (400, "Internal_ServerError", "You do not have the following permissions on TableData 36: Read",
         Meaning.NO_ACCESS, "permission sets"),
        (409, "Request_EntityChanged", "Another user has already changed the record.", Meaning.CHANGED, "again"),
        (412, "", "", Meaning.CHANGED, "Business Central"),
        (404, "Internal_RecordNotFound", "gone", Meaning.MISSING, "deleted"),
        (404, "BadRequest_ResourceNotFound", "segment", Meaning.REFUSED, "endpoints.api"),
        (400, "Internal_EntityWithSameKeyExists", "taken", Meaning.TAKEN, "looks up"),
        (400, "Application_DialogException", "Purchase Invoice G01 already exists for this vendor.", Meaning.TAKEN,
         "once"),
        (400, "Application_DialogException", "The operation could not complete because a record in the 'Sales Line' "
         "table was locked by another user.", Meaning.BUSY, "later"),
        (400, "Application_DialogException", "Posting Date is not within your range of allowed posting dates.",
         Meaning.REFUSED, "Allow Posting From"),
        (400, "Application_DialogException", "You cannot assign new numbers from the number series S-INV+.",
         Meaning.REFUSED, "No. Series"),
        (400, "Application_DialogException", "Customer C10 is blocked.", Meaning.REFUSED, "block"),
        (400, "Application_DialogException", "There is no Currency Exchange Rate within the filter.", Meaning.REFUSED,
         "exchange rate"),
        (400, "Application_DialogException", "Nobody thought of it.", Meaning.REFUSED, "docs/business-central.md"),
        (400, "Application_CallbackNotAllowed", "Do you want to …?", Meaning.REFUSED, "person"),
        (400, "Application_StringExceededLength", "too long", Meaning.REFUSED, "shorten"),
        (400, "Internal_InvalidTableRelation", "VAT99", Meaning.REFUSED, "mapping"),
        (400, "", "", Meaning.REFUSED, "Business Central"),
    ],
)  # fmt: skip
def test_a_refusal_has_a_meaning_and_an_advice(status: int, code: str, words: str, means: Meaning, says: str) -> None:
    found = fault(status, code, f"{words}  CorrelationId:  c1f5e0aa-0000-4000-8000-000000000001.")
    assert meaning(found) is means
    assert says in advice(found) or says in sentence(found, "books-eu", "GET items")


def test_the_sentence_names_ledger_call_and_the_id_for_microsofts_support() -> None:
    found = fault(400, "Unknown", "'X' is not an option.  CorrelationId:  c1f5e0aa.")
    assert sentence(found, "books-eu", "POST items") == (
        "Business Central (books-eu) refused POST items with 400 Unknown: 'X' is not an option; write into the mapping "
        "one of the options it lists. (correlation id c1f5e0aa)"
    )
