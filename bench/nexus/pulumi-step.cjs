// As the `berth` command starts: out of one compiled file.
"use strict";
require("../../automation/load-later.cjs");
require("../../components/base/compiled.cjs")("bench/nexus/pulumi-step.ts");
