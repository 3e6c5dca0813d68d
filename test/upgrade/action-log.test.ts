import { ActionLog } from '../../src/upgrade/action-log';
import type { Action } from '../../src/upgrade/step';

test('a node that is asked to leave until it is gone is reported once, another one beside it', () => {
  const lines: string[] = [];
  const log = new ActionLog((text) => lines.push(text));
  const leave = (node: string): Action => ({ do: 'force-leave', pod: 'emqx-core-1', node });
  for (const node of ['emqx@a', 'emqx@b', 'emqx@a', 'emqx@b']) log.add(leave(node), '5.8.8');
  const scale: Action = { do: 'scale-set', set: 'emqx-core', replicas: 0 };
  log.add(scale, '5.8.8');
  log.add(scale, '5.8.8');
  expect(lines).toEqual([
    'make emqx@a leave the EMQX cluster',
    'make emqx@b leave the EMQX cluster',
    'scale emqx-core to 0',
    'scale emqx-core to 0',
  ]);
});
