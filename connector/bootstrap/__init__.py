"""Joins the parts: which adapter reads, which warehouse keeps, which job runs. The only package that knows them all."""

from connector.bootstrap.asking import FilesRequest, configured
from connector.bootstrap.auditing import (
    Outcome,
    expecting,
    explaining,
    new_run_id,
    reconcile_files,
    reconciling,
    unaudited,
)
from connector.bootstrap.importing import Imported, import_files
from connector.bootstrap.planning import Planned, plan_files
from connector.bootstrap.reading import draft_profile, named_for_people, readings
from connector.bootstrap.surveying import Surveyed, survey_files, survey_stored

__all__ = [
    "FilesRequest",
    "Imported",
    "Outcome",
    "Planned",
    "Surveyed",
    "configured",
    "draft_profile",
    "expecting",
    "explaining",
    "import_files",
    "named_for_people",
    "new_run_id",
    "plan_files",
    "readings",
    "reconcile_files",
    "reconciling",
    "survey_files",
    "survey_stored",
    "unaudited",
]
