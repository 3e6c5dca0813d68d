import { DEVICE_NAMES, type DevicePreset, presetOf } from '../../simulator/clients/device-presets';
import type { LostDevices } from '../../simulator/clients/lost-devices';
import type { Ending } from '../../simulator/clients/reconnect-policy';
import type { RunReport } from '../../simulator/run-report';
import type { Canvas } from './style';
import { count, safe, wrap } from './text';

/** A report, and who made the upgrade. */
interface Contender {
  by: string;
  report: RunReport;
}

const REASONS: Readonly<Record<Ending, string>> = {
  disconnect: 'the DISCONNECT of an eviction ends them, so no way of evicting can keep them',
  close: 'a closed connection ends them, so no upgrade can keep them',
  refusal: 'one refused CONNECT ended them',
  'first-refusal': 'their first CONNECT was refused',
  failures: 'they gave up after failed attempts',
};

/** In words: which devices never come back, by whose way, why, and what keeps them; and which are connected without a subscription. */
export function lossLines(contenders: readonly Contender[], { style, width }: Canvas): string[] {
  const lost = contenders.flatMap(({ by, report }) => report.lost.map((devices) => ({ by, ...devices })));
  const deaf = contenders.filter(({ report }) => report.deaf > 0);
  if (lost.length === 0 && deaf.length === 0) return [];
  const kinds = new Set(lost.map(({ devices, ending }) => `${devices} ${ending}`));
  const groups = [...kinds].map((kind) => lost.filter(({ devices, ending }) => kind === `${devices} ${ending}`));
  const lines = groups.flatMap((group) => {
    const [first] = group;
    const counts = group.map(({ by, count: many }) => `${by} ${count(many)}`).join(', ');
    const { library, fix } = known(first!);
    const text = `${library} (${counts}): ${REASONS[first!.ending]}.`;
    return [
      ...wrap(safe(text), width),
      ...(fix ? wrap(`→ ${fix}`, width - 2).map((line) => style.dim(`  ${line}`)) : []),
    ];
  });
  return [
    '',
    ...(lines.length > 0 ? [style.bold('Devices that never come back'), ...lines] : []),
    ...deaf.flatMap(({ by, report }) =>
      wrap(
        `${by}: ${count(report.deaf)} of the connected devices receive nothing, because their subscription was lost with their session and their library does not subscribe again.`,
        width,
      ),
    ),
    style.dim('docs/devices.md has what each library does, and what to set'),
  ];
}

function known({ devices }: LostDevices): Pick<DevicePreset, 'library' | 'fix'> {
  const name = DEVICE_NAMES.find((each) => each === devices);
  return name ? presetOf(name) : { library: devices };
}
