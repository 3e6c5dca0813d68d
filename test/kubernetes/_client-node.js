// The Kubernetes client is made of ES modules. Jest cannot load them; Node itself can.
const { runInThisContext } = require('node:vm');
const createRequire = runInThisContext("process.getBuiltinModule('node:module').createRequire");
module.exports = { __esModule: true, ...createRequire(__filename)('@kubernetes/client-node') };
