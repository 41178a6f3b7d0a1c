"""The actions of documents: posting, sending, canceling. Several of them have done something before they fail."""

from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.correcting import cancel, make_corrective_memo
from connector.sandbox.business_central.journals import post_journal
from connector.sandbox.business_central.kinds import KINDS, Kind
from connector.sandbox.business_central.places import Place
from connector.sandbox.business_central.posting import post
from connector.sandbox.business_central.refusals import stopped


def act(company: Company, place: Place, twist: str = "") -> None:
    """Do what a bound action says; raises Refused, and what was committed before that stays.

    `twist` lets it fail on the way: `mail-fails` after posting, `post-fails-late` after the posting was committed,
    `cancel-fails-drafted` and `cancel-fails-posted` with the credit memo left behind.
    """
    row = place.row
    assert row is not None  # noqa: S101 - an action belongs to a row
    if place.page.name == "journals":
        company.commit()
        post_journal(company, row)
        return
    kind = KINDS[place.page.name]
    match place.action:
        case "post":
            _post(company, kind, row, twist)
        case "postAndSend":
            _refuse_unsendable(company, kind, row)
            _post(company, kind, row, twist)
            company.commit()
            send(company, kind, company.row(kind.page, row["id"]), twist)
        case "send":
            send(company, kind, row, twist)
        case "cancel":
            cancel(company, kind, row["id"], twist)
        case "cancelAndSend":
            cancel(company, kind, row["id"], twist)
            company.commit()
            send(company, kind, company.row(kind.page, row["id"]), twist)
        case "makeCorrectiveCreditMemo":
            make_corrective_memo(company, kind, row)


def send(company: Company, kind: Kind, row: Thing, twist: str = "") -> None:
    """Send a document by e-mail; raises Refused."""
    if not company.setup.mail_account or twist == "mail-fails":
        raise stopped("An email account must be configured to send emails.")
    card = company.row(kind.parties, row[f"{kind.party}Id"])
    to = row["email"] or card["email"]
    if not to:
        raise stopped(
            f"The send-to email is empty. Specify email either for the {kind.party} or for the {kind.named} in email "
            "preview."
        )
    company.mail(kind.page, row, to)


def _post(company: Company, kind: Kind, row: Thing, twist: str) -> None:
    post(company, kind, row["id"])
    if twist == "post-fails-late":
        company.commit()
        raise stopped("An error occurred after the document was posted.")


def _refuse_unsendable(company: Company, kind: Kind, row: Thing) -> None:
    if row["_posted"]:
        raise stopped(f"The action can be applied to a draft {kind.named} only.")
