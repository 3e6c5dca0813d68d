import { readEvacuations } from '../../../../src/simulator/operator/go-json';
import { readListeners, readNodes } from '../../../../src/simulator/operator/v1beta4/emqx-answers';

describe('the answers of EMQX, as the operator decodes them', () => {
  it('keep what is known and not zero', () => {
    const node = {
      node: 'ee@a',
      node_status: 'Running',
      otp_release: '24/12',
      version: '4.4.14',
      connections: 0,
      load1: '0.1',
    };
    expect(readNodes(JSON.stringify({ code: 0, data: [node] }))).toEqual([
      { node: 'ee@a', node_status: 'Running', otp_release: '24/12', version: '4.4.14' },
    ]);
    const stats = { initial_sessions: 1, initial_connected: 2, current_sessions: 0, current_connected: 0 };
    const evacuation = { node: 'ee@a', state: 'prohibiting', session_goal: 0, session_recipients: [], stats };
    expect(readEvacuations(JSON.stringify({ evacuations: [evacuation] }))).toEqual([
      { node: 'ee@a', state: 'prohibiting', stats },
    ]);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'a count that is a text',
      () => readNodes('{"data":[{"connections":"undefined"}]}'),
      /cannot unmarshal string into Go struct field EmqxNode.connections of type int64/,
    ],
    [
      'a name that is a number',
      () => readNodes('{"data":[{"node":1}]}'),
      /cannot unmarshal number into Go struct field EmqxNode.node of type string/,
    ],
    ['an answer without the list', () => readNodes('{"code":0}'), /unexpected end of JSON input/],
    ['no JSON', () => readEvacuations('<html>'), /unexpected end of JSON input/],
    [
      'an object instead of the list',
      () => readEvacuations('{"evacuations":{}}'),
      /cannot unmarshal object into Go value/,
    ],
  ])('are refused whole because of %s', (_, read, message) => {
    expect(read).toThrow(message);
  });

  it('give the listeners node by node', () => {
    const body = { data: [{ node: 'ee@a', listeners: [{ protocol: 'mqtt:tcp', listen_on: '0.0.0.0:1883' }] }] };
    expect(readListeners(JSON.stringify(body))).toEqual([[{ protocol: 'mqtt:tcp', listenOn: '0.0.0.0:1883' }]]);
  });

  it('leave a statistic that is null away, which the operator trips over later', () => {
    const stats = { current_connected: null, current_sessions: 0 };
    expect(readEvacuations(JSON.stringify({ evacuations: [{ node: 'a', stats }] }))[0]!.stats).toEqual({
      current_sessions: 0,
    });
  });
});
