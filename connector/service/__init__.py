"""What the running service shows and takes: its health, its figures, reports, approvals by link, and notices."""
