import assert from "node:assert/strict";
import { connectionsFrom, isTaken, socketsIn } from "../../../components/docker/connections";

/** As the kernel writes it: port 8080 (1F90) is served, and a connection to port 8000 was opened from here. */
const TEXT = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:07E3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
   2: 020011AC:1F90 030011AC:C350 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1
   3: 020011AC:1F90 030011AC:C351 06 00000000:00000000 03:00001234 00000000     0        0 0 3 0
   4: 020011AC:9C40 040011AC:1F40 01 00000000:00000000 00:00000000 00000000     0        0 4 1 0 20 4 30 10 -1
   5: 0100007F:07E3 0100007F:9C42 01 00000000:00000000 00:00000000 00000000     0        0 5 1 0 20 4 30 10 -1
  sl  local_address                         remote_address                        st
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:0
   1: 0000000000000000FFFF0000020011AC:0050 0000000000000000FFFF0000030011AC:C352 01 00000000:00000000 00:0
   2: B80D0120000000000000000001000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:0
`;

describe("the sockets of a container or a host", () => {
  const sockets = socketsIn(TEXT);

  it("are read from the kernel's two files, addresses as people write them", () => {
    assert.deepEqual(
      sockets.filter(({ state }) => state === "listening").map(({ address, port }) => `${address} ${port}`),
      ["0.0.0.0 8080", "127.0.0.1 2019", ":: 80", "2001:db8:0:0:0:0:0:1 443"],
    );
    assert.deepEqual(sockets[6], { address: "::", port: 80, remote: "::", state: "listening" });
    assert.equal(sockets[7]!.address, "172.17.0.2");
  });

  it("tell who is connected to what is served here: neither what was opened from here nor what comes from within", () => {
    assert.equal(connectionsFrom(sockets), 2);
    assert.equal(connectionsFrom([]), 0);
  });

  it("tell which ports are taken, on one address or on all of them", () => {
    assert.ok(isTaken(sockets, "0.0.0.0", 8080) && isTaken(sockets, "10.0.0.1", 8080));
    assert.ok(isTaken(sockets, "0.0.0.0", 2019), "one address is enough to be in the way of all");
    assert.ok(!isTaken(sockets, "10.0.0.1", 2019));
    assert.ok(!isTaken(sockets, "0.0.0.0", 8000), "the other end of a connection is no listener");
  });
});
