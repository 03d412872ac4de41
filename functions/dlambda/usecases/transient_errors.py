"""Errors of a table, a queue or the bucket that is away: the same message may succeed later."""

from dlambda.aws.transient_errors import CLOUD_ERRORS
from dlambda.store.table import TABLE_ERRORS

ENGINE_ERRORS = (*CLOUD_ERRORS, *TABLE_ERRORS)
