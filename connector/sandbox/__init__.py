"""A rehearsal room: made-up partners, invoices and ledgers to try the connector on."""
