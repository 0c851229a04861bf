"""All that a run imports, and nothing that it does: ``tests.services.forks`` copies a process with it.

None of it starts a thread of Python, of gRPC or of Tokio when it is imported: a copy would lack it.
"""

from __future__ import annotations

import os
from importlib import import_module

from clearwell.quality.importing import import_great_expectations
from tests.services.component_types import describe_once, described
from tests.services.forks import NAMES

# numpy would start a thread for each core, for matrices that nobody here multiplies.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

for _name in NAMES:
    import_module(_name)
import_great_expectations()

describe_once()
described()
