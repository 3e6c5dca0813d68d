import type { DeviceFigure, DeviceSample } from '../../upgrade';
import type { Canvas } from './style';
import { count, safe, wrap } from './text';

type Row = [label: string, text: string];

/**
 * What connected devices asked for, and what follows from it in an upgrade.
 *
 * @param devices `null` where they could not be sampled; undefined where they were not to be
 */
export function deviceSection(devices: DeviceSample | null | undefined, { style, width }: Canvas): string[][] {
  if (devices === undefined) return [];
  const title = style.bold('Devices');
  if (devices === null) return [[title, '  none is listed: no device is connected, or the nodes do not list them']];
  const rows = rowsOf(devices);
  const label = Math.max(...rows.map(([name]) => name.length)) + 2;
  const lines = rows.flatMap(([name, text]) =>
    wrap(text, width - 2 - label).map((line, index) => `  ${(index === 0 ? name : '').padEnd(label)}${line}`),
  );
  return [[title, ...lines]];
}

function rowsOf(sample: DeviceSample): Row[] {
  const { connections, isEstimate, sampled, unlisted } = sample;
  const show = ({ sampled: seen, estimate }: DeviceFigure, isShared = true) => {
    if (seen === 0) return isEstimate ? 'none in the sample' : 'none';
    const share = isShared ? ` (${percent(estimate / connections)})` : '';
    return `${isEstimate ? 'about ' : ''}${count(estimate)}${share}`;
  };
  /** @param otherwise goes on where there are none */
  const row = (name: string, figure: DeviceFigure | null, what: string, otherwise = ''): Row => {
    if (figure === null) return [name, 'unknown: the nodes do not list it'];
    return [name, figure.sampled === 0 ? `${show(figure)}${otherwise}` : `${show(figure)} ${what}`];
  };
  /** Only where there are any, or it is not known. */
  const some = (...[name, figure, what]: Parameters<typeof row>): Row[] =>
    figure?.sampled === 0 ? [] : [row(name, figure, what)];
  return [
    [
      'sample',
      isEstimate
        ? `of a sample of ${count(sampled)} of ${count(connections)} connected devices: numbers are estimates`
        : `all ${count(connections)} connected devices`,
    ],
    ...(unlisted.length > 0 ? [['', `not those of ${safe(unlisted.join(', '))}: no list of its clients`] as Row] : []),
    row(
      'MQTT 5',
      sample.mqtt5,
      'get the reason when they are disconnected; libmosquitto 2.0.11 (Debian 12) takes it for the end, and does not come back',
    ),
    row('MQTT 3.1.1', sample.mqtt311, 'see their connection closed'),
    ...some('MQTT 3.1', sample.mqtt31, 'see their connection closed'),
    ...some('other', sample.otherProtocols, 'of gateways, or of an unknown protocol'),
    row(
      'sessions',
      sample.sessionless,
      'lose their session by their own choice, whenever they are disconnected',
      ' loses its session by its own choice',
    ),
    ...some('', sample.sessionlessSubscribers, 'lose subscriptions with it: most libraries do not subscribe again'),
    ...some('', sample.shortSessions, 'keep theirs for less than 5 minutes'),
    ...some(
      '',
      sample.cleanKept,
      'keep theirs after a clean start: EMQX before 4.4.24, and 5 before 5.2.1, do not move it',
    ),
    row(
      'keep-alive',
      sample.longKeepAlive,
      'have one over 300 s, and will not notice a node that dies for as long',
      ' has one over 300 s',
    ),
    ...some('', sample.noKeepAlive, 'have none, and will never notice it'),
    ['subscriptions', sample.subscriptions === null ? 'unknown' : show(sample.subscriptions, false)],
    ['wills', 'unknown: EMQX does not list them. Each without a delay is published when its device is disconnected'],
  ];
}

/** Anything above zero is seen, and only all of it is 100 %. */
function percent(share: number): string {
  const rounded = Math.round(share * 100);
  if (rounded === 0) return 'under 1 %';
  return rounded === 100 && share < 1 ? 'over 99 %' : `${rounded} %`;
}
