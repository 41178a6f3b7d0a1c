"""Suggests for unmapped customers and products what they may be billed on, and says "unsure" wherever it may err.

A suggestion is sure only if its score passes the threshold, the second best stays clearly behind, the ledger's
customer is not taken, and no other unmapped name claims it as well.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from connector.domain.coverage import Candidate, Coverage, LedgerParty, Suggestion, VendorCustomer, VendorProduct
from connector.engine.proposing.likeness import MARGIN, THRESHOLD, judge, nearest
from connector.engine.proposing.words import Words, company_words, product_words

_SHOWN = 3
_NEAREST = 5


@dataclass(frozen=True, slots=True)
class _Name:
    """One name of a ledger's customer or item."""

    party: LedgerParty
    words: Words


class _Pool:
    """The names of a ledger's customers or items, found by their normal forms or by likeness."""

    def __init__(self, parties: Iterable[LedgerParty], read: Callable[[str], Words]) -> None:
        self._names = [
            _Name(party, read(name)) for party in parties for name in dict.fromkeys((*party.names, party.id))
        ]
        self._names = [name for name in self._names if name.words.core]
        self._by_key: dict[str, list[int]] = defaultdict(list)
        for at, name in enumerate(self._names):
            for key in name.words.keys:
                self._by_key[key].append(at)
        self._sorted = [name.words.sorted_core for name in self._names]

    def best(self, words: Words, rivals: Counter[str]) -> list[tuple[LedgerParty, Candidate]]:
        """The candidates, the best first, each party once. `rivals` counts the vendor's names by normal form."""
        same = {at for key in words.keys for at in self._by_key.get(key, ())}
        others = {(self._names[at].party.ledger, self._names[at].party.id) for at in same}
        crowded, rivalled = len(others) > 1, any(rivals[key] > 1 for key in words.keys)
        found: dict[tuple[str, str], tuple[LedgerParty, Candidate]] = {}
        # Names with other words score too low to come near one with the same words, so they need not be looked at.
        for at in sorted(same) or nearest(words, self._sorted, _NEAREST):
            name = self._names[at]
            key = name.party.ledger, name.party.id
            candidate = judge(words, name.words, *key, crowded=crowded, rivalled=rivalled)
            if key not in found or candidate.score > found[key][1].score:
                found[key] = name.party, candidate
        return sorted(found.values(), key=lambda pair: (-pair[1].score, pair[1].ledger, pair[1].id))


def suggest(coverage: Coverage) -> tuple[Suggestion, ...]:
    """Suggestions for every unmapped customer and product, those with most money at risk first."""
    customers = [customer for customer in coverage.customers if not customer.is_mapped]
    products = [product for product in coverage.products if not product.places]
    found = [*_customers(customers, coverage), *_products(products, coverage)]
    return tuple(sorted(found, key=lambda one: (one.kind, -max((abs(a) for _, a in one.at_risk), default=0), one.id)))


def _customers(unmapped: Sequence[VendorCustomer], coverage: Coverage) -> Iterator[Suggestion]:
    pool = _Pool(coverage.ledger_customers, company_words)
    rivals = Counter(key for customer in coverage.customers for key in company_words(customer.name).keys)
    made = []
    for one in unmapped:
        words = company_words(one.name)
        best = [_marked(*pair) for pair in pool.best(words, rivals)] if words.core else []
        sure = _outstanding(best)
        made.append(Suggestion("customer", one.tenant_id, "", one.name, one.charged, sure, tuple(best[:_SHOWN])))
    yield from _nobody_twice(made)


def _products(unmapped: Sequence[VendorProduct], coverage: Coverage) -> Iterator[Suggestion]:
    """An item may bear several products, and a product has an item in each ledger."""
    by_ledger: dict[str, list[LedgerParty]] = defaultdict(list)
    for item in coverage.items:
        by_ledger[item.ledger].append(item)
    pools = [_Pool(items, product_words) for _, items in sorted(by_ledger.items())]
    for one in unmapped:
        words = product_words(one.name)
        found = [[candidate for _, candidate in pool.best(words, Counter())] for pool in pools] if words.core else []
        sure = tuple(candidate for best in found for candidate in _outstanding(best))
        shown = sorted((each for best in found for each in best), key=lambda each: -each.score)[:_SHOWN]
        yield Suggestion("product", one.product_id, one.sku_id, one.name, one.charged, sure, tuple(shown), one.lacking)


def _marked(party: LedgerParty, candidate: Candidate) -> Candidate:
    """A candidate that a rule uses already is no more than a hint."""
    if not party.places:
        return candidate
    evidence = f"{candidate.evidence}; already used at {party.places[0]}"
    return replace(candidate, score=min(candidate.score, THRESHOLD - 1), evidence=evidence)


def _outstanding(best: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The first candidate, if it passes the threshold and leaves the second clearly behind."""
    if not best or best[0].score < THRESHOLD:
        return ()
    behind = best[1].score if len(best) > 1 else 0
    return (best[0],) if best[0].score - behind >= MARGIN else ()


def _nobody_twice(made: Sequence[Suggestion]) -> Iterator[Suggestion]:
    """Take back what two customers would be sure of: one of them is wrong, and names do not say which."""
    claimed = Counter((each.ledger, each.id) for one in made for each in one.sure)
    for one in made:
        twice = any(claimed[each.ledger, each.id] > 1 for each in one.sure)
        yield replace(one, sure=()) if twice else one
