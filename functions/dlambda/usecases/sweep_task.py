"""The handlers' sweep: reads the feeds of tasks and queues what is new in them (docs/contract/tasks.md 5).

`fan_out` sends one message per task; `sweep_task` reads one feed. A feed is worked off in batches, each of which is
filtered, claimed, queued and confirmed before the next, so a sweep that is out of time or dies continues where it was.
"""

import logging
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import batched  # noqa: F401
from typing import Final

from dlambda.aws import queue
from dlambda.domain.feed import FeedItem
from dlambda.domain.item import Item, Status
from dlambda.domain.request import Request
from dlambda.domain.sweep import Known, Record, choose, delays
from dlambda.domain.task import Result, Task
from dlambda.errors import AppError
from dlambda.media.guard import check_url
from dlambda.media.handlers.client import Handler, HandlerFailed
from dlambda.media.handlers.registry import find_handler, handlers_for
from dlambda.settings import get_settings
from dlambda.store import archive, items, memories, runs
from dlambda.usecases.add_items import enter, new_item
from dlambda.usecases.definitions import list_definitions
from dlambda.usecases.feed_archive_ids import with_archive_ids
from dlambda.usecases.presets import preset_for
from dlambda.usecases.run_tasks import QUEUE
from dlambda.usecases.task_options import archive_of_task, client_for, params_of_task
from dlambda.usecases.tasks import find_task, list_tasks, mend_schedules, reckon

log = logging.getLogger(__name__)
