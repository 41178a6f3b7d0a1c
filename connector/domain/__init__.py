"""The nouns of the trade: money, periods, charges, documents, findings."""
