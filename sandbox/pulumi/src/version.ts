/** The Pulumi CLI that the sandbox downloads or builds; a newer one on the PATH is taken as it is. */
export const PULUMI_VERSION = "3.274.1";
/** What the Go language has to be at least to build that one: the `go` line of its go.mod. */
export const OLDEST_GO = "1.26.6";
/** The oldest CLI on the PATH that works: its events come by gRPC, as this repository's @pulumi/pulumi asks for them. */
export const OLDEST_PULUMI = "3.248.0";
