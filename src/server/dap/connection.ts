/** A debug adapter protocol connection to Delve over a socket: messages in, messages out, responses matched to requests. */
import type { Socket } from "node:net";
import type { DebugProtocol } from "@vscode/debugprotocol";

/** Talks to one debug adapter. Owns the socket. */
export class DapConnection {
  readonly #socket: Socket;
  readonly #onEvent: (event: DebugProtocol.Event) => void;
  readonly #waiting = new Map<number, (response: DebugProtocol.Response) => void>();
  #rest = Buffer.alloc(0);
  #sequence = 1;

  /**
   * @param onEvent gets every event, in order.
   * @param onClose is called once, when the other side is gone.
   */
  constructor(socket: Socket, onEvent: (event: DebugProtocol.Event) => void, onClose: () => void) {
    this.#socket = socket;
    this.#onEvent = onEvent;
    socket.on("data", (data: Buffer) => this.#take(data));
    socket.on("close", () => {
      for (const [seq, settle] of this.#waiting) settle(closed(seq));
      this.#waiting.clear();
      onClose();
    });
    // "close" follows, and tells what there is to tell.
    socket.on("error", () => {});
  }

  /** Sends a request. @returns its response, a failed one when the connection closes first. */
  request(command: string, args?: object): Promise<DebugProtocol.Response> {
    const seq = this.#sequence++;
    if (this.#socket.destroyed) return Promise.resolve(closed(seq));
    const body = JSON.stringify({ seq, type: "request", command, arguments: args });
    this.#socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    return new Promise((resolve) => this.#waiting.set(seq, resolve));
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (;;) {
      const headEnd = this.#rest.indexOf("\r\n\r\n");
      if (headEnd < 0) return;
      const length = Number(/Content-Length: (\d+)/.exec(this.#rest.toString("latin1", 0, headEnd))?.[1]);
      const end = headEnd + 4 + length;
      if (!(this.#rest.length >= end)) return;
      const message = JSON.parse(
        this.#rest.toString("utf8", headEnd + 4, end),
      ) as DebugProtocol.ProtocolMessage;
      this.#rest = this.#rest.subarray(end);
      if (message.type === "event") this.#onEvent(message as DebugProtocol.Event);
      if (message.type === "response") this.#settle(message as DebugProtocol.Response);
    }
  }

  #settle(response: DebugProtocol.Response): void {
    this.#waiting.get(response.request_seq)?.(response);
    this.#waiting.delete(response.request_seq);
  }
}

function closed(seq: number): DebugProtocol.Response {
  return {
    seq: 0,
    type: "response",
    request_seq: seq,
    success: false,
    command: "",
    message: "Delve has ended.",
  };
}
