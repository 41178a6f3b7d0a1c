"""A made-up year, day by day: what is seen at Microsoft and in the ledger, and what must be told of it on each day."""

from connector.sandbox.history.dealing import deal
from connector.sandbox.history.showing import Day, days_of
from connector.sandbox.history.truth import Truth
from connector.sandbox.history.year import END, START, Year

__all__ = ["END", "START", "Day", "Truth", "Year", "days_of", "deal"]
