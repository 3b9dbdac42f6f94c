"""
Looks at one picture: in a process of its own, since a decoder that is wrong about one can do anything.

What is to be looked at is at descriptor 0, to be read; at 1 there is an empty file, which becomes the
preview. At 3 one JSON object is written, `{"width", "height"}`; if nothing is, it is no picture. The argument
is its media type. This is run as a file, by an interpreter that takes nothing from its surroundings, and
imports nothing of chatd.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import warnings

PREVIEW_PIXELS = 640
MOST_PIXELS = 64_000_000
"""A picture of more is none: it would be hundreds of megabytes."""

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 8
FILE_BYTES = 4 << 20
DESCRIPTORS = 16

FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
}


def give_up_rights() -> None:
    """
    Be able to do no more than this needs.
    """
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, DESCRIPTORS),
    ):
        resource.setrlimit(what, (most, most))
    os.nice(10)


def look(kind: str) -> dict[str, int]:
    """
    Look at the picture, and make its preview. Raises whatever its decoder does.
    """
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    with os.fdopen(0, "rb", closefd=False) as source, Image.open(source, formats=[FORMATS[kind]]) as picture:
        # A large JPEG is decoded at a fraction of its size.
        turned = picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)
        width, height = picture.size[::-1] if turned else picture.size
        picture.draft("RGB", (PREVIEW_PIXELS, PREVIEW_PIXELS))
        seen = ImageOps.exif_transpose(picture)
        clear = seen.mode in ("RGBA", "LA", "PA") or "transparency" in seen.info
        small = seen.convert("RGBA" if clear else "RGB")
        small.thumbnail((PREVIEW_PIXELS, PREVIEW_PIXELS))
        # A new one has nothing of what the old one carried: no place, no time, no camera, no profile.
        bare = Image.new(small.mode, small.size)
        bare.paste(small)
        with os.fdopen(1, "wb", closefd=False) as preview:
            if clear:
                bare.save(preview, "WEBP", quality=80)
            else:
                bare.save(preview, "JPEG", quality=80, optimize=True)
    return {"width": width, "height": height}


def main() -> None:
    """
    Look, and say what was seen; say nothing if it cannot be seen.
    """
    import PIL.Image

    # The decoders are found and loaded while there is no limit.
    PIL.Image.init()
    give_up_rights()
    try:
        seen = json.dumps(look(sys.argv[1]))
    except BaseException:  # noqa: BLE001  Whatever it is, it is no picture.
        os._exit(1)
    os.write(3, seen.encode("ascii"))
    os._exit(0)


if __name__ == "__main__":
    main()
