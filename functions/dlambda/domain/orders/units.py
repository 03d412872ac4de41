"""The units in which operators set the key API's limits (docs/contract/hostapi.md, Settings), in bytes and seconds."""

GIGABYTE = 1024**3
MINUTE = 60.0
