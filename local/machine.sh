#!/bin/sh
# Tells what this machine lacks before anything is installed: one problem, then exit status 1.
# Reads PYTHON, VENV and DLAMBDA_DYNOXIDE (README.md, Requirements).
set -u
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}
# While the packages are unpacked; a part of it is deleted at the end.
NEEDED_MB=1050

refuse() {
  echo "$1" >&2
  exit 1
}

check_python() {
  command -v "$PYTHON" >/dev/null || refuse "Python is missing. Install Python 3.11 or newer, or set PYTHON=."
  "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
    || refuse "Python 3.11 or newer is needed, and $PYTHON is older. Set PYTHON=/path/to/python3."
  "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null \
    || refuse "Python cannot make a virtual environment. On Debian: apt install python3-venv"
}

check_table_engine() {
  if [ -n "${DLAMBDA_DYNOXIDE:-}" ]; then
    [ -f "$DLAMBDA_DYNOXIDE" ] && [ -x "$DLAMBDA_DYNOXIDE" ] \
      || refuse "DLAMBDA_DYNOXIDE=$DLAMBDA_DYNOXIDE is no program."
    return
  fi
  machine=$(uname -m)
  [ "$machine" = x86_64 ] \
    || refuse "The table engine (dynoxide) is published for x86_64, and this is $machine. Build it from its source and set DLAMBDA_DYNOXIDE=/path/to/dynoxide."
}

check_npm() {
  command -v npm >/dev/null \
    || refuse "npm is missing: the table engine and the web page come from there. On Debian: apt install npm"
}

check_room() {
  free_mb=$(df -Pk . | awk 'NR == 2 {print int($4 / 1024)}')
  [ "$free_mb" -ge "$NEEDED_MB" ] \
    || refuse "The installation needs $NEEDED_MB MB here, and $free_mb MB are free."
}

[ "$(uname -s)" = Linux ] || refuse "Linux is needed, and this is $(uname -s)."
[ -x "$VENV/bin/python" ] || check_python
check_table_engine
check_npm
check_room
