#!/usr/bin/env bash
# MQTT.js 5.16: each connection makes room at once for all the aliases of topics that the broker allows, even if none is used.
#
# A broker of MQTT 5 says in its CONNACK how many aliases it accepts; EMQX says 65,535 unless told otherwise. An alias is used only where
# the program asks for it (`autoUseTopicAlias`, `autoAssignTopicAlias`), but the client makes its least-recently-used cache of that size in
# any case, and that cache fills its arrays when it is made: more than a megabyte for each connection, which matters to whoever holds thousands
# of them in one process. A listener of 'packetreceive' that sets `topicAliasMaximum` of the CONNACK to 0 avoids it.
#
# Seen with mqtt 5.16.0 and mqtt-packet 9.0.2 on Node 20.20.2: a connection takes 1.45 MB where 65,535 aliases are allowed, and 0.01 MB
# where none is.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "name": "aliases", "private": true }' >package.json
npm install --silent --no-save --ignore-scripts mqtt@5.16.0 mqtt-packet@9.0.2 >/dev/null
cat >connections.js <<'PROGRAM'
const { once } = require('node:events');
const { createServer } = require('node:net');
const { connect } = require('mqtt');
const { generate, parser } = require('mqtt-packet');
const COUNT = 100;

const taken = () => {
  global.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** Megabytes that a connection takes when the broker allows so many aliases. */
async function measure(topicAliasMaximum) {
  const broker = createServer((socket) => {
    const packets = parser({ protocolVersion: 5 });
    const properties = { topicAliasMaximum };
    packets.on('packet', ({ cmd }) => {
      if (cmd !== 'connect') return;
      socket.write(generate({ cmd: 'connack', reasonCode: 0, sessionPresent: false, properties }, { protocolVersion: 5 }));
    });
    socket.on('data', (bytes) => packets.parse(bytes)).on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(broker, 'listening');
  const before = taken();
  const clients = [];
  while (clients.length < COUNT) {
    const client = connect({ host: '127.0.0.1', port: broker.address().port, protocolVersion: 5, reconnectPeriod: 0 });
    await once(client, 'connect');
    clients.push(client);
  }
  const megabytes = (taken() - before) / COUNT / 1e6;
  await Promise.all(clients.map((client) => client.endAsync(true)));
  broker.close();
  return megabytes;
}

(async () => {
  await measure(0); // what is loaded and compiled at the first use
  const [none, all] = [await measure(0), await measure(65_535)];
  console.log(`a connection takes ${none.toFixed(2)} MB where no alias is allowed, ${all.toFixed(2)} MB where 65,535 are`);
  if (all - none > 0.5) return;
  console.log('expected: half a megabyte more, or more than that');
  process.exitCode = 1;
})();
PROGRAM
node --expose-gc connections.js
