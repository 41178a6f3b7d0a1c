"""Turns results into something to read: tables, mails, pages, workbooks."""
