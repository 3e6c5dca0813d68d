import { deviceSection } from '../../../src/cli/render/devices';
import type { DeviceSample } from '../../../src/upgrade';
import { plain } from './fixtures';

const figure = (sampled: number, times = 10) => ({ sampled, estimate: sampled * times });
const SAMPLE: DeviceSample = {
  connections: 10_000,
  sampled: 1_000,
  isEstimate: true,
  unlisted: [],
  mqtt31: figure(0),
  mqtt311: figure(390),
  mqtt5: figure(610),
  otherProtocols: figure(0),
  sessionless: figure(380),
  sessionlessSubscribers: figure(370),
  shortSessions: figure(0),
  cleanKept: figure(4),
  noKeepAlive: figure(0),
  longKeepAlive: figure(120),
  subscriptions: figure(1_500),
};
const shown = (sample: DeviceSample | null | undefined, width = 100) =>
  deviceSection(sample, { style: plain, width })
    .map((lines) => lines.join('\n'))
    .join('\n\n');

describe('the devices', () => {
  test('of a sample: what follows from what they asked for, as estimates', () => {
    expect(`\n${shown(SAMPLE)}\n`).toBe(`
Devices
  sample         of a sample of 1,000 of 10,000 connected devices: numbers are estimates
  MQTT 5         about 6,100 (61 %) get the reason when they are disconnected; libmosquitto 2.0.11
                 (Debian 12) takes it for the end, and does not come back
  MQTT 3.1.1     about 3,900 (39 %) see their connection closed
  sessions       about 3,800 (38 %) lose their session by their own choice, whenever they are
                 disconnected
                 about 3,700 (37 %) lose subscriptions with it: most libraries do not subscribe
                 again
                 about 40 (under 1 %) keep theirs after a clean start: EMQX before 4.4.24, and 5
                 before 5.2.1, do not move it
  keep-alive     about 1,200 (12 %) have one over 300 s, and will not notice a node that dies for as
                 long
  subscriptions  about 15,000
  wills          unknown: EMQX does not list them. Each without a delay is published when its device
                 is disconnected
`);
  });

  test('all of them are no estimate', () => {
    const text = shown({ ...SAMPLE, connections: 1_000, isEstimate: false, mqtt5: figure(610, 1) });
    expect(text).toContain('all 1,000 connected devices\n');
    expect(text).toContain('MQTT 5         610 (61 %) get');
  });

  test('none in a sample is not none', () => {
    const none = { ...SAMPLE, longKeepAlive: figure(0) };
    expect(shown(none)).toContain('keep-alive     none in the sample has one over 300 s\n');
    expect(shown({ ...none, isEstimate: false })).toContain('keep-alive     none has one over 300 s\n');
  });

  test('says what is unknown, and of which nodes', () => {
    const text = shown({ ...SAMPLE, unlisted: ['emqx-1', 'emqx\u001b-2'], sessionless: null, subscriptions: null });
    expect(text).toContain('not those of emqx-1, emqx\\u{1b}-2: no list of its clients\n');
    expect(text).toContain('sessions       unknown: the nodes do not list it\n');
    expect(text).toContain('subscriptions  unknown\n');
    expect(shown(null)).toBe('Devices\n  none is listed: no device is connected, or the nodes do not list them');
    expect(shown(undefined)).toBe('');
  });
});
