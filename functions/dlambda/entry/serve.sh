#!/bin/sh
# Starts a group as a web server behind the Lambda Web Adapter, so that its answers stream (docs/decisions/streams.md).
# DLAMBDA_SERVE names the application, such as system.main:app.
export PYTHONPATH="${LAMBDA_TASK_ROOT}${PYTHONPATH:+:$PYTHONPATH}"
cd "${LAMBDA_TASK_ROOT}" || exit 1
exec python -m gunicorn --bind "127.0.0.1:${AWS_LWA_PORT:-8080}" --workers 1 --threads 4 --timeout 0 \
  --worker-tmp-dir /tmp "${DLAMBDA_SERVE}"
