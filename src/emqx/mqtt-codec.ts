/** The codec of MQTT, apart: it is loaded by those who speak it. */
export { generate, parser } from 'mqtt-packet';
