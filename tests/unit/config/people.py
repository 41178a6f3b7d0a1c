"""Customers for the tests of mappings."""

ALPINE = "5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11"
BELLOWS = "2b9a6a51-6f0d-4c53-9c1e-7c5c2a4f9d02"


def customer(name: str = "Alpine Ski House", tenant_id: str = ALPINE, **more: str) -> str:
    """A customer as an entry of the list `customers`, in one line."""
    extra = "".join(f", {key}: {value}" for key, value in more.items())
    return f'- {{name: {name}, tenant_id: {tenant_id}, ledger_customer: "58"{extra}}}\n'
