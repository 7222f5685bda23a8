// The client of Kubernetes is an ES module, and has 800 of them, which take half a second: whoever needs no cluster doesn't wait.
"use strict";

module.exports = () => import("@kubernetes/client-node");
