import { mqttJsReconnect, pahoReconnect } from '../../../src/simulator/clients/reconnect-policy';
import { Random } from '../../../src/simulator/random';

describe('reconnect policies', () => {
  const random = new Random(1);

  it('MQTT.js waits its period, however often it failed', () => {
    const policy = mqttJsReconnect();
    expect([0, 1, 2, 50].map((waits) => policy.delayMs(waits, random))).toEqual([1000, 1000, 1000, 1000]);
    expect(policy.connectTimeoutMs).toBe(30_000);
  });

  it('MQTT.js with jitter waits from the period up to period plus jitter, whole milliseconds, all of them', () => {
    const policy = mqttJsReconnect(1000, 250);
    const waits = new Set(Array.from({ length: 20_000 }, () => policy.delayMs(0, random)));
    expect(Math.min(...waits)).toBe(1000);
    expect(Math.max(...waits)).toBe(1250);
    expect(waits.size).toBe(251);
  });

  it('Paho doubles from 1 s up to 120 s', () => {
    const policy = pahoReconnect();
    const seconds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 2000].map((waits) => policy.delayMs(waits, random) / 1000);
    expect(seconds).toEqual([1, 2, 4, 8, 16, 32, 64, 120, 120, 120]);
    expect(policy.connectTimeoutMs).toBe(5000);
  });
});
