"""The formats that files of strangers may have: those that hold their content themselves.

A playlist (HLS, DASH, concat ...) that poses as a video would have FFmpeg open the files and addresses that it names.
"""

NO_MEDIA = "The file holds no media that can be read."

MP4 = "mov,mp4,m4a,3gp,3g2,mj2"  # names with a comma are one format's
MATROSKA = "matroska,webm"
_PLAYED = "aac ac3 aiff asf avi eac3 flac flv m4v mp3 mpeg mpegts mpegvideo ogg wav w64"
_OTHER_MEDIA = "amr ape au caf dsf dts dv h264 hevc ivf mpc8 mxf nut obu rm truehd tta wv"
_PICTURES = "apng bmp_pipe gif image2 jpeg_pipe png_pipe tiff_pipe webp_anim webp_pipe"
_TEXTS = "ass sami srt webvtt"
_OTHER_TEXTS = "ffmetadata jacosub lrc microdvd mpl2 pjs realtext scc stl subviewer subviewer1 vplayer"

CONTAINERS: tuple[str, ...] = (MP4, MATROSKA, *_PLAYED.split(" "))
"""Formats that are played."""
PROBED: tuple[str, ...] = (*CONTAINERS, *f"{_OTHER_MEDIA} {_TEXTS} {_PICTURES}".split(" "))
"""Formats that a probe may name, and that are converted."""
POSTPROCESSED: tuple[str, ...] = (*PROBED, *_OTHER_TEXTS.split(" "))
"""Formats that yt-dlp's post-processors read: media, and the subtitles, pictures and chapters beside it."""
JOINED: tuple[str, ...] = ("concat", *POSTPROCESSED)
"""Formats that they read by a list of files that they have written themselves."""
STREAMED: tuple[str, ...] = ("hls", "dash", *PROBED)
"""Formats read from the network: the manifests that name further addresses, whose protocols are limited, too."""
