"""
How the parts that have to do with files become one: a part of the assembly in chatd/service.py.
"""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from chatd.config import Config
from chatd.core.hub import Hub
from chatd.core.refusals import Refused
from chatd.core.uploading import Uploads
from chatd.net.door import OriginRule
from chatd.net.files import FilesResource
from chatd.net.uploads import UploadDoor
from chatd.ops.pictures import LookedAt, available
from chatd.store import strays
from chatd.store.blobs import BlobFolder

SWEEP_SECONDS = 5.0
EXPIRE_EVERY_SECONDS = 3600.0

_NO_QUOTA = 1 << 60

_log = Logger()


class Filing:
    """
    Files: their bytes, what is known of them, how they come and go, and the `resource` at `/files/`.
    """

    def __init__(
        self,
        config: Config,
        reactor: Any,
        hub: Hub,
        origin_rule: OriginRule,
        credentials_of: Callable[[Any], Any],
    ) -> None:
        database = config.store.partition(":")[2]
        self._config = config
        self._blobs = BlobFolder(database or None, reactor)
        quota = config.upload_quota or _NO_QUOTA
        self.uploads = Uploads(
            hub, self._blobs, LookedAt(reactor, self._blobs), config.max_upload_bytes, quota
        )
        door = UploadDoor(self.uploads, origin_rule, credentials_of, time.monotonic)
        self.resource = FilesResource(self.uploads, door, credentials_of)
        self._sweeping = LoopingCall(lambda: Deferred.fromCoroutine(self._sweep()))
        self._sweeping.clock = reactor
        self._expire_in = 0.0
        self._cleared = False

    def start(self) -> None:
        """
        Have a folder, and soon take away in it what a crash has left. Raises `StoreUnusable`.
        """
        self._blobs.start()
        self._sweeping.start(SWEEP_SECONDS, now=False).addErrback(
            lambda failure: _log.failure("taking files away has stopped", failure=failure)
        )

    def stop(self) -> None:
        """
        Write what is under way, and have no threads any more.
        """
        if self._sweeping.running:
            self._sweeping.stop()
        self._blobs.stop()

    @property
    def off(self) -> list[str]:
        """
        What an operator may miss.
        """
        if not self._config.max_upload_bytes:
            return ["files"]
        return [] if available() else ["previews of pictures (install chatd[pictures])"]

    async def _sweep(self) -> None:
        self._expire_in -= SWEEP_SECONDS
        if self._expire_in > 0:
            await self._try(self.uploads.sweep)
            return
        self._expire_in = EXPIRE_EVERY_SECONDS
        if not self._cleared:
            await self._try(self._clear)
        await self._try(self.uploads.expire)

    async def _try(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Refused:
            # The disk takes no writes; who needs to know that knows it.
            pass
        except Exception:  # noqa: BLE001  It comes again, and so may what it could not do.
            _log.failure("taking files away failed")

    async def _clear(self) -> None:
        aside, back = await self.uploads.clear()
        self._cleared = True
        if aside:
            _log.warn(
                "put {count} files of which the database knows nothing into {folder}, for {days} days",
                count=aside,
                folder=os.path.join(self._blobs.folder, strays.FOLDER),
                days=strays.KEEP_SECONDS // 86400,
            )
        if back:
            _log.info("put {count} files back that the database knows again", count=back)
