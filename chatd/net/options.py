"""
How Autobahn is set.
"""

from __future__ import annotations

from typing import Any

from autobahn.twisted.websocket import WebSocketServerProtocol
from autobahn.util import wildcards2patterns


class Options(WebSocketServerProtocol):
    """
    Every option of Autobahn, set once for all connections, and the bounds that it has no option for.

    As class attributes, and with no `CONFIG_ATTRS`, they are not copied and formatted for a log line at each
    connection, which is 40 % of what a handshake costs otherwise. Both sizes are set by the factory.
    """

    CONFIG_ATTRS = []

    # How large a message may be until the session is greeted. Nobody needs more to say who they are.
    ungreeted_bytes = 4096
    # In how many frames a message may come, and how long it, or a frame, may take from its first byte to its
    # last. Every fragment costs a header's work, and an unfinished message is memory that somebody holds.
    fragments = 16
    message_seconds = 10.0
    # Pings and pongs a second, and at once: each wants an answer or at least a look.
    control_frames = 10.0

    logOctets = False
    logFrames = False
    trackTimings = False
    utf8validateIncoming = True
    applyMask = True
    # Where they are typed more narrowly than we use them.
    transport: Any
    peer: Any
    is_open: Any
    is_closed: Any
    trafficStats: Any
    send_queue: Any
    _transport_details: Any

    maxFramePayloadSize = 65536
    maxMessagePayloadSize = 65536
    autoFragmentSize = 0
    # A close frame with the code says more than a dropped connection.
    failByDrop = False
    echoCloseCodeReason = True
    # The handshake came whole, through the Site, and the outbox sees to the end.
    openHandshakeTimeout = 0
    closeHandshakeTimeout = 0
    tcpNoDelay = True
    # Pings are ours: `chatd.net.pulse`.
    autoPingInterval = 0
    autoPingTimeout = 0
    autoPingSize = 12
    autoPingRestartOnAnyTraffic = True
    versions = (13,)
    webStatus = False
    requireMaskedClientFrames = True
    maskServerFrames = False
    serveFlashSocketPolicy = False
    flashSocketPolicy = ""
    # The Origin was looked at before the handshake: `chatd.net.door`.
    allowedOrigins = ("*",)
    allowedOriginsPatterns = wildcards2patterns(["*"])
    allowNullOrigin = False
    maxConnections = 0
    trustXForwardedFor = 0

    def set_valid_events(self, valid_events: object = None) -> None:
        """
        Nobody listens to any.
        """

    def perMessageCompressionAccept(self, offers: object) -> None:
        """
        Compression is not offered.
        """
