/** A debug client for tests: speaks the debug adapter protocol to a session in this process, and remembers everything. */
import { PassThrough } from "node:stream";
import type { DebugProtocol } from "@vscode/debugprotocol";
import type { MapraceDebugSession } from "../../src/server/dap/adapter.ts";

export class DebugClient {
  /** Everything the adapter said, in order. */
  readonly transcript: DebugProtocol.ProtocolMessage[] = [];
  readonly #toAdapter = new PassThrough();
  #rest = Buffer.alloc(0);
  #waiting: (() => void)[] = [];
  #sequence = 1;

  constructor(session: MapraceDebugSession) {
    const fromAdapter = new PassThrough();
    fromAdapter.on("data", (data: Buffer) => this.#take(data));
    session.setRunAsServer(true);
    session.start(this.#toAdapter, fromAdapter);
  }

  /** Sends a request and waits for its response. */
  async request(command: string, args?: object): Promise<DebugProtocol.Response> {
    const seq = this.send(command, args);
    return (await this.message(
      (message) => message.type === "response" && (message as DebugProtocol.Response).request_seq === seq,
    )) as DebugProtocol.Response;
  }

  /** Sends a request and does not wait. @returns its sequence number. */
  send(command: string, args?: object): number {
    const seq = this.#sequence++;
    const body = JSON.stringify({ seq, type: "request", command, arguments: args });
    this.#toAdapter.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    return seq;
  }

  /** Waits for an event, past ones included. */
  async event(name: string, matches: (body: never) => boolean = () => true): Promise<DebugProtocol.Event> {
    return (await this.message((message) => {
      const event = message as DebugProtocol.Event;
      return message.type === "event" && event.event === name && matches(event.body as never);
    })) as DebugProtocol.Event;
  }

  /** The events of one name so far. */
  events(name: string): DebugProtocol.Event[] {
    return this.transcript.filter(
      (message): message is DebugProtocol.Event =>
        message.type === "event" && (message as DebugProtocol.Event).event === name,
    );
  }

  /** All output of a category so far. */
  output(category: string): string {
    return this.events("output")
      .filter((event) => event.body.category === category)
      .map((event) => event.body.output as string)
      .join("");
  }

  /** Waits for a message, past ones included. */
  async message(
    matches: (message: DebugProtocol.ProtocolMessage) => boolean,
  ): Promise<DebugProtocol.ProtocolMessage> {
    for (;;) {
      const found = this.transcript.find(matches);
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #take(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (;;) {
      const head = /^Content-Length: (\d+)\r\n\r\n/.exec(this.#rest.toString("latin1", 0, 64));
      if (!head) return;
      const start = head[0].length;
      const end = start + Number(head[1]);
      if (this.#rest.length < end) return;
      this.transcript.push(JSON.parse(this.#rest.toString("utf8", start, end)));
      this.#rest = this.#rest.subarray(end);
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }
}
