"""
The tutorial's chat on picows and uvloop: what one says, all are told. `python picows_server.py PORT`
"""

from __future__ import annotations

import json
import sys

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

transports: set[WSTransport] = set()


class Client(WSListener):
    """
    One client, from its coming to its going.
    """

    def on_ws_connected(self, transport: WSTransport) -> None:
        """
        It hears from now on.
        """
        transports.add(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """
        What it says goes to all; control frames are answered as RFC 6455 asks.
        """
        if frame.msg_type == WSMsgType.TEXT:
            sent = json.loads(frame.get_payload_as_bytes())
            message = {key: sent[key] for key in ("email", "username", "message")}
            payload = json.dumps(message, separators=(",", ":")).encode()
            for other in transports:
                other.send(WSMsgType.TEXT, payload)
        elif frame.msg_type == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """
        It is told nothing more.
        """
        transports.discard(transport)


async def main(port: int) -> None:
    """
    Serve until the process is ended.
    """

    def meet(request: WSUpgradeRequest) -> WSListener:
        return Client()

    server = await ws_create_server(meet, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
