import { badRequest, notHere, type Refused } from './refused';

const REACHED =
  'kubectl port-forward reaches its MQTT (1883) and its management API (of EMQX 4.4 on 8081 and 18083, of EMQX 5 and 6 on port 18083)';

/** Subresources of pods in a real cluster that are missing here, with the answer to a request for them. */
export const ABSENT_PARTS: Readonly<Record<string, Refused>> = {
  log: notHere('its pods write no logs; kubectl get events shows the events of the operator'),
  exec: notHere(`nothing can be run in a pod; ${REACHED}`),
  attach: notHere(`there is nothing in a pod to attach to; ${REACHED}`),
  ephemeralcontainers: notHere(`nothing can be run in a pod; ${REACHED}`),
  proxy: notHere(`it has no proxy to a pod; ${REACHED}`),
  eviction: notHere('it evicts no pods; kubectl delete removes one'),
  portforward: badRequest('ports are forwarded over an upgraded connection only'),
};
