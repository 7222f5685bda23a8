import { closeSync, openSync, writeSync } from "node:fs";
import type { EngineEvent } from "../engine/events";
import { messageOf } from "../errors";
import type { Display } from "./display";
import { eventToJson } from "./event-json";

/** `--event-log`: a file of JSON lines, or `tcp://host:port` of an Automation API process. */
export function openEventLog(target: string): Display {
  return target.startsWith("tcp://") ? new EventStream(target.slice("tcp://".length)) : new EventFile(target);
}

class EventFile implements Display {
  private sequence = 0;
  private readonly descriptor: number;

  constructor(file: string) {
    this.descriptor = openSync(file, "a", 0o600);
  }

  show(event: EngineEvent): void {
    writeSync(this.descriptor, `${JSON.stringify(eventToJson(event, this.sequence++))}\n`);
  }

  async close(): Promise<void> {
    closeSync(this.descriptor);
  }
}

/** The gRPC service of proto/pulumi/events.proto: one message for each event, then the end of the stream. */
class EventStream implements Display {
  private sequence = 0;
  private readonly messages =
    require("@pulumi/pulumi/proto/events_pb") as typeof import("@pulumi/pulumi/proto/events_pb");
  private readonly call: import("@grpc/grpc-js").ClientWritableStream<
    import("@pulumi/pulumi/proto/events_pb").EventRequest
  >;
  private readonly answered: Promise<void>;
  private failure: string | undefined;

  constructor(private readonly address: string) {
    const { grpc, CHANNEL_OPTIONS } = require("../rpc/grpc") as typeof import("../rpc/grpc");
    const { EventsClient } =
      require("@pulumi/pulumi/proto/events_grpc_pb") as typeof import("@pulumi/pulumi/proto/events_grpc_pb");
    const client = new EventsClient(address, grpc.credentials.createInsecure(), CHANNEL_OPTIONS);
    let answer!: () => void;
    this.answered = new Promise((resolve) => {
      answer = resolve;
    });
    this.call = client.streamEvents((error: Error | null) => {
      if (error) this.failure = messageOf(error);
      client.close();
      answer();
    });
    this.call.on("error", (error) => {
      this.failure ??= messageOf(error);
    });
  }

  show(event: EngineEvent): void {
    if (this.failure !== undefined) return;
    const message = new this.messages.EventRequest();
    message.setEvent(JSON.stringify(eventToJson(event, this.sequence++)));
    this.call.write(message);
  }

  async close(): Promise<void> {
    this.call.end();
    await this.answered;
    if (this.failure !== undefined) {
      console.error(`warning: could not send events to ${this.address}: ${this.failure}`);
    }
  }
}
