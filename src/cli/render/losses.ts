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

/** Devices of one library that never come back, in words. */
export interface LossText {
  text: string;
  /** What keeps them, where something does. */
  fix: string | undefined;
}

/** Which devices never come back, by whose way, and why. */
export function lossesOf(contenders: readonly Contender[]): LossText[] {
  const lost = contenders.flatMap(({ by, report }) => report.lost.map((devices) => ({ by, ...devices })));
  const kinds = new Set(lost.map(({ devices, ending }) => `${devices} ${ending}`));
  return [...kinds].map((kind) => {
    const group = lost.filter(({ devices, ending }) => kind === `${devices} ${ending}`);
    const [first] = group;
    const counts = group.map(({ by, count: many }) => `${by} ${count(many)}`).join(', ');
    const { library, fix } = known(first!);
    return { text: `${library} (${counts}): ${REASONS[first!.ending]}.`, fix };
  });
}

/** By whose way devices are connected without a subscription. */
export function deafTexts(contenders: readonly Contender[]): string[] {
  return contenders.flatMap(({ by, report: { deaf } }) =>
    deaf > 0
      ? [
          `${by}: ${count(deaf)} of the connected devices receive nothing, because their subscription was lost with their session and their library does not subscribe again.`,
        ]
      : [],
  );
}

/** In words: which devices never come back, by whose way, why, and what keeps them; and which are connected without a subscription. */
export function lossLines(contenders: readonly Contender[], { style, width }: Canvas): string[] {
  const losses = lossesOf(contenders);
  const deaf = deafTexts(contenders);
  if (losses.length === 0 && deaf.length === 0) return [];
  const lines = losses.flatMap(({ text, fix }) => [
    ...wrap(safe(text), width),
    ...(fix ? wrap(`→ ${fix}`, width - 2).map((line) => style.dim(`  ${line}`)) : []),
  ]);
  return [
    '',
    ...(lines.length > 0 ? [style.bold('Devices that never come back'), ...lines] : []),
    ...deaf.flatMap((text) => wrap(text, width)),
    style.dim('docs/devices.md has what each library does, and what to set'),
  ];
}

function known({ devices }: LostDevices): Pick<DevicePreset, 'library' | 'fix'> {
  const name = DEVICE_NAMES.find((each) => each === devices);
  return name ? presetOf(name) : { library: devices };
}
