"""What closing a month needs beside its reconciliation: what to accrue and defer, and how two reports of it differ."""
