// All examples in one go: `npx cdk8s synth` runs this.
import './quickstart/main';
import './load-balancer/main';
import './full/main';
import './operator/main';
import './v5/cores/main';
import './v5/cores-and-replicants/main';
import './v5/durable-sessions/main';
