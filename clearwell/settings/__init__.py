"""The only reader of the environment and of ``[tool.clearwell]`` in the project's pyproject.toml.

    [tool.clearwell]
    name = "orders"                  # the project in its lake; default [project] name, else its folder
    lake = "lake"                    # where the tables are; a relative path starts at the project.
                                     # Or "s3://bucket/lake", "abfss://...", "gs://...": the whole lake
    engine = "embedded"              # or "spark", or "sc://host:port"
    engine_memory = "6GiB"           # limit of the engine's process; default half of the machine
    engine_deadline_seconds = 3600   # a query that takes longer ends the run
    ingest_on_workers = false        # true: a cluster's workers see the raw files under the same paths
    durable = true                   # false: a power cut can cost the newest commits to a disk; less waiting
    access = "group"                 # who may enter its folders on this machine: "owner", "group" or "all"
    unverified_functions = "refuse"  # "warn": also those not compared with Spark's, see docs/engines.md
    pages_url = "https://lake.example.org/pages"   # where a web server publishes LAKE/reports
    openlineage = "file"             # or "http://host:port", or "off": where OpenLineage events go
    prices = "pipelines/prices.yaml" # the price sheet of the storage report, instead of its own

    [tool.clearwell.places]          # parts of the lake stored elsewhere: bronze, silver, gold,
    gold = "s3://bucket/gold"        # quarantine, files, history, control, releases

    [tool.clearwell.engines]         # steps run by another engine: ingest, cleanse, curate
    curate = "spark"

    [tool.clearwell.profiles.cloud]  # any of the keys above, used by `--profile cloud`
    lake = "s3://bucket/lake"
    engine = "sc://host:15002"

An environment variable overrides the file (``CLEARWELL_LAKE``, ``CLEARWELL_ENGINE``, ...), and a command-line
option overrides both. A profile takes effect at the level that names it: ``CLEARWELL_PROFILE`` or
``--profile``. A lake named at a higher level is all in one place: it discards lower-level ``places``. An
engine named at a higher level runs all steps. An unknown key is an error.
"""

from clearwell.settings.addresses import dagster_url, require_database_address
from clearwell.settings.cache import cache_folder
from clearwell.settings.levels import lake_at, load_settings, profile_names
from clearwell.settings.programs import S3Service, ivy_settings, java_home, s3_service
from clearwell.settings.project import code_location_name, find_project
from clearwell.settings.stores import store_variables
from clearwell.settings.values import Settings, parse_bytes

__all__ = [
    "S3Service",
    "Settings",
    "cache_folder",
    "code_location_name",
    "dagster_url",
    "find_project",
    "ivy_settings",
    "java_home",
    "lake_at",
    "load_settings",
    "parse_bytes",
    "profile_names",
    "require_database_address",
    "s3_service",
    "store_variables",
]
