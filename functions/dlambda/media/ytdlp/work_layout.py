"""The layout of a work folder, which a worker, what starts it and what continues its work must agree on."""

from typing import Final

# A download: finished files under their names, and files that are being written.
HOME: Final = "home"
TEMP: Final = "temp"
# The cookies that it begins with, and at its end those that it was given.
COOKIES: Final = "cookies.txt"
# A recording: a folder of segments for each track, and the file that says where the recording begins.
SEGMENTS: Final = "segments"
WINDOW: Final = "window.json"
