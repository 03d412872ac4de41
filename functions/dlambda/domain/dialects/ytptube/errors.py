"""Errors as ytptube explains them: `params` and `detail` beside `code` (docs/contract/dialects.md 6).

The page of August shows a sentence of its own for each `code`, with `params` in its gaps and `detail` behind it.
"""

from dataclasses import replace
from typing import Any

from dlambda.domain.dialects.dialect import Answer, Asked
from dlambda.domain.web.error_params import params_of


def explained(asked: Asked, answer: Answer) -> Answer:
    """Adds what the sentence of the error's `code` has gaps for, and the root's text, unless that is the sentence."""
    body = answer.body
    if not isinstance(body, dict) or "error" not in body or "code" not in body:
        return answer
    fields: dict[str, Any] = {"detail": body["error"]}
    if params := params_of(asked.path, str(body["code"]), str(body["error"])):
        fields["params"] = params
    return replace(answer, body={**fields, **body})
