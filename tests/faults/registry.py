"""All faults, in the order of the table."""

from tests.faults.bucket import BUCKET
from tests.faults.disk import DISK
from tests.faults.fault import Fault
from tests.faults.kills import KILLS
from tests.faults.messages import MESSAGES
from tests.faults.nodes import CLOCKS, NODE
from tests.faults.sources import SOURCES
from tests.faults.tables import TABLES

FAULTS: tuple[Fault, ...] = (*KILLS, NODE, *MESSAGES, *TABLES, BUCKET, *SOURCES, DISK, CLOCKS)
