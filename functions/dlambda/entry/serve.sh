#!/bin/sh
# The handler of functions whose answers stream (docs/decisions/streams.md). DLAMBDA_SERVE: such as endpoints.system.main
cd "${LAMBDA_TASK_ROOT}" || exit 1
export PYTHONPATH="${LAMBDA_TASK_ROOT}${PYTHONPATH:+:$PYTHONPATH}"
exec python -m dlambda.entry.serve "${DLAMBDA_SERVE}" "${AWS_LWA_PORT:-8080}"
