"""Every deliberate error, as one tree. `entry/problem.py` turns it into a response; other code does not catch it
without a reason.

    AppError                    500  INTERNAL_ERROR     base; never raised itself
    |-- Invalid                 400  INVALID            a value is wrong
    |   |-- Required            400  REQUIRED           a value is missing
    |   |-- NameInUse         400  ALREADY_EXISTS     where the contract wants no 409
    |   |-- AnswerTooLarge    400  ANSWER_TOO_LARGE   the answer has no place in one of a function
    |   `-- ValidationFailed    400  VALIDATION_FAILED  a body does not fit its model; carries `detail`
    |-- Unauthorized            401  UNAUTHORIZED
    |   `-- WrongCredentials    401  UNAUTHORIZED       a password or key that is not the right one; counted
    |-- Forbidden               403  FORBIDDEN
    |   `-- FeatureDisabled     403  FEATURE_DISABLED   the operator did not switch it on
    |-- NotFound                404  NOT_FOUND
    |-- NotAcceptable           406  NOT_ACCEPTABLE     the state is already as asked
    |-- Conflict                409  CONFLICT           somebody else changed it first, or it exists
    |   |-- AlreadyExists       409  ALREADY_EXISTS     name in use
    |   `-- StaleWrite          409  CONFLICT           a row was changed since it was read; reading again may help
    |-- PreconditionFailed      412  PRECONDITION_FAILED  If-Match names an older version
    |-- TooMany                 429  TOO_MANY           a limit of a caller
    |-- OperationFailed         500  OPERATION_FAILED   the action itself failed; its text is for the user
    `-- Unavailable             503  UNAVAILABLE        a tool or an engine is not there; trying again may help

`retry` tells `entry/sqs.py` whether the same message may succeed later.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class AppError(Exception):
    """A failure that the caller is told about: `message` is written for a person, names no secret and no server path.

    `extra` are further keys of the JSON body beside `error` and `code` (`status`, `message`, `data` ... where the
    contract has them); `headers` go on the answer.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "INTERNAL_ERROR"
    retry: ClassVar[bool] = False

    def __init__(
        self, message: str, *, extra: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})


class Invalid(AppError):
    status = 400
    code = "INVALID"


class Required(Invalid):
    code = "REQUIRED"


class AnswerTooLarge(Invalid):
    code = "ANSWER_TOO_LARGE"


class NameInUse(Invalid):
    code = "ALREADY_EXISTS"


class ValidationFailed(Invalid):
    """`detail` is the list of `{loc, msg, type}` that `docs/contract/tasks.md` 0 describes."""

    code = "VALIDATION_FAILED"

    def __init__(self, message: str, detail: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(message, extra={"detail": list(detail)})


class Unauthorized(AppError):
    status = 401
    code = "UNAUTHORIZED"


class WrongCredentials(Unauthorized):
    pass


class Forbidden(AppError):
    status = 403
    code = "FORBIDDEN"


class FeatureDisabled(Forbidden):
    """`feature` is the word of the newest API for what is off: `console`, `monitoring`."""

    code = "FEATURE_DISABLED"

    def __init__(self, message: str, feature: str) -> None:
        super().__init__(message, extra={"params": {"feature": f"api.features.{feature}"}})


class NotFound(AppError):
    status = 404
    code = "NOT_FOUND"


class NotAcceptable(AppError):
    status = 406
    code = "NOT_ACCEPTABLE"


class Conflict(AppError):
    status = 409
    code = "CONFLICT"


class AlreadyExists(Conflict):
    code = "ALREADY_EXISTS"


class StaleWrite(Conflict):
    pass


class PreconditionFailed(AppError):
    status = 412
    code = "PRECONDITION_FAILED"


class TooMany(AppError):
    status = 429
    code = "TOO_MANY"


class OperationFailed(AppError):
    code = "OPERATION_FAILED"


class Unavailable(AppError):
    status = 503
    code = "UNAVAILABLE"
    retry = True
