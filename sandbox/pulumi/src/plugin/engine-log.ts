import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import type { OperationContext } from "../providers/provider";
import { CHANNEL_OPTIONS, grpc } from "../rpc/grpc";
import { call } from "../rpc/unary";

type Severity = Parameters<OperationContext["log"]>[0];

/** A status line replaces the one before it where there is a terminal: an ephemeral line of no severity of its own. */
const SEVERITIES: Readonly<Record<Severity, LogSeverity>> = {
  info: LogSeverity.INFO,
  warning: LogSeverity.WARNING,
  error: LogSeverity.ERROR,
  status: LogSeverity.INFO,
};

/** The engine's log (proto/pulumi/engine.proto), to which a plugin says what people are to see under a resource. */
export class EngineLog {
  private readonly client: EngineClient;
  /** The engine serves calls side by side, so the next line waits until the one before has arrived. */
  private last: Promise<void> = Promise.resolve();

  constructor(address: string) {
    this.client = new EngineClient(address, grpc.credentials.createInsecure(), CHANNEL_OPTIONS);
  }

  say(urn: string, severity: Severity, message: string): void {
    const request = new LogRequest();
    request.setUrn(urn);
    request.setSeverity(SEVERITIES[severity]);
    request.setMessage(message);
    request.setEphemeral(severity === "status");
    const sent = () => call<unknown>((done) => this.client.log(request, done)).then(() => undefined);
    // Where the engine is gone nobody hears anything: the work itself isn't to fail for it.
    this.last = this.last.then(sent, sent).catch(() => undefined);
  }

  /** Resolves when everything said so far has arrived. */
  told(): Promise<void> {
    return this.last;
  }
}
