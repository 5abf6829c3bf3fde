#!/usr/bin/env bash
# fast-check 4.11.0 (npm), model-based: the `check` of every command says no, since it reads a field that the model no longer has
#
# Expected: the property fails, as one does that fc.pre() refuses every example of: a test in which nothing was run has shown
#           nothing. Hypothesis 6.170.17 says so of a state machine none of whose rules can run
# Seen:     it passes, a hundred runs, and not one command was run, of a queue that loses every message. Nothing tells it from a
#           test that did something: numSkips is 0, with verbose too. One letter in the model is enough
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund fast-check@4.11.0 >/dev/null 2>&1 || exit 2
python3 -m venv venv && venv/bin/pip install --quiet hypothesis==6.170.17 || exit 2
cat >try.js <<'NODE'
const fc = require("fast-check");

let steps = 0;
class Queue {
  put() {}
  take() {} // loses everything
}
class Put {
  check = (model) => model.size < 10;
  run(model, queue) {
    steps += 1;
    queue.put("message");
    model.size += 1;
  }
}
class Take {
  check = (model) => model.size > 0;
  run(model, queue) {
    steps += 1;
    if (queue.take() !== "message") throw new Error("lost");
    model.size -= 1;
  }
}
const commands = fc.commands([fc.constant(new Put()), fc.constant(new Take())]);
const judged = (property) => {
  steps = 0;
  const { failed, numRuns, numSkips } = fc.check(property, { seed: 1, verbose: fc.VerbosityLevel.VeryVerbose });
  return `${failed ? "fails" : "passes"} after ${numRuns} runs, ${numSkips} skipped, ${steps === 0 ? "no command run" : "commands run"}`;
};
const machine = (model) => fc.property(commands, (each) => fc.modelRun(() => ({ model: { ...model }, real: new Queue() }), each));
const seen = {
  "model { size }": judged(machine({ size: 0 })),
  "model { sizes }": judged(machine({ sizes: 0 })),
  "fc.pre(false)": judged(fc.property(fc.integer(), () => fc.pre(false))),
};
for (const [name, verdict] of Object.entries(seen)) console.log(`${name}: ${verdict}`);
const [first, second, third] = Object.values(seen);
const same = first.startsWith("fails") && second === "passes after 100 runs, 0 skipped, no command run" && third.startsWith("fails");
process.exitCode = same ? 0 : 1;
NODE
node try.js
cat >try.py <<'PYTHON'
import sys

from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

class Machine(RuleBasedStateMachine):
    @precondition(lambda self: False)
    @rule()
    def put(self):
        pass

try:
    run_state_machine_as_test(Machine)
except Exception as error:
    print(f"Hypothesis: {type(error).__name__}: {str(error).splitlines()[0][:80]}")
else:
    sys.exit(1)
PYTHON
venv/bin/python try.py
