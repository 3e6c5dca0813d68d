/** The MQTT codec, in a file of its own: it is loaded only where it is used. */
export { generate, parser } from 'mqtt-packet';
