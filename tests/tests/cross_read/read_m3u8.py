"""Reads playlists with PyPI's m3u8 and prints what it found: python3 read_m3u8.py BASE FILE..."""

import json
import os
import sys

import m3u8

for file in sys.argv[2:]:
    found = {"file": os.path.basename(file), "error": None, "entries": 0, "duration": 0}
    try:
        with open(file, encoding="utf-8") as text:
            playlist = m3u8.loads(text.read(), uri=sys.argv[1])
        found["entries"] = len(playlist.playlists) if playlist.is_variant else len(playlist.segments)
        found["duration"] = sum(segment.duration or 0 for segment in playlist.segments)
    except Exception as error:  # whatever it is, it is the finding
        found["error"] = repr(error)
    print(json.dumps(found))
