"""The files a new owner starts from: settings, an example mapping, and the schemas by which editors help."""

import json
from importlib import resources

from connector.config.example import settings_example
from connector.config.schema import mappings_schema, settings_schema


def mapping_example() -> str:
    """The text of the example mapping."""
    return resources.files("connector.config").joinpath("mapping.example.yaml").read_text(encoding="utf-8")


def starting_files() -> dict[str, str]:
    """The text of every file to begin with, by its name below the folder that is set up."""
    settings_head = "# yaml-language-server: $schema=.connector/config.schema.json\n"
    mapping_head = "# yaml-language-server: $schema=../.connector/mappings.schema.json\n"
    return {
        "config.yaml": settings_head + settings_example(),
        "mappings/example.yaml": mapping_head + mapping_example(),
        ".connector/config.schema.json": json.dumps(settings_schema(), indent=2, ensure_ascii=False) + "\n",
        ".connector/mappings.schema.json": json.dumps(mappings_schema(), indent=2, ensure_ascii=False) + "\n",
    }
