import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { holderName, isDeadHere } from '../../src/kubernetes';

/** A name of this machine with another process in it. */
const named = (pid: number) => holderName().replace(` ${process.pid}-`, ` ${pid}-`);

describe('the name of a holder', () => {
  test('says who, where and by which process, and is another one each time', () => {
    expect(holderName()).toMatch(/^\S+@\S+ \d+-[0-9a-f]{6}\w+$/);
    expect(holderName()).toContain(`@${hostname()} ${process.pid}-`);
    expect(holderName()).not.toBe(holderName());
  });

  test('tells that a process of this machine is gone', () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    expect(isDeadHere(named(pid))).toBe(true);
  });

  test.each<[string, () => string]>([
    ['lives', () => holderName()],
    ['lives beside this one', () => named(process.ppid)],
    ['is one of another machine', () => named(gone()).replace(`@${hostname()} `, '@elsewhere ')],
    ['is one of another machine of the same name', () => named(gone()).replace(/-[0-9a-f]{6}/, '-ffffff')],
    ['was named by somebody else', () => 'ci-7'],
  ])('tells nothing of one that %s', (_, name) => {
    expect(isDeadHere(name())).toBe(false);
  });
});

function gone(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}
