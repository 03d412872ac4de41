"""The formats that files of strangers may have: those that hold their content themselves.

A playlist (HLS, DASH, concat ...) that poses as a video would have FFmpeg open the files and addresses that it names.
"""

MP4 = "mov,mp4,m4a,3gp,3g2,mj2"  # names with a comma are one format's
MATROSKA = "matroska,webm"
_PLAYED = "aac ac3 aiff asf avi eac3 flac flv m4v mp3 mpeg mpegts mpegvideo ogg wav w64"
_OTHER_MEDIA = "amr ape caf dsf dts dv h264 hevc ivf mpc8 mxf nut obu rm truehd tta wv"
_TEXTS_AND_PICTURES = "ass sami srt webvtt bmp_pipe gif image2 jpeg_pipe png_pipe tiff_pipe webp_pipe"

CONTAINERS: tuple[str, ...] = (MP4, MATROSKA, *_PLAYED.split(" "))
"""What is played."""
PROBED: tuple[str, ...] = (*CONTAINERS, *_OTHER_MEDIA.split(" "), *_TEXTS_AND_PICTURES.split(" "))
"""What a probe may say of a file."""
