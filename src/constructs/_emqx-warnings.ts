import semver from 'semver';
import { hasLicenseKey, ONE_EDITION, servingRoleOf } from '../resource/v2beta1';
import { emqxConfigOf, emqxServiceOf, givenEmqx } from './_emqx-resource';
import { LICENSE_VARIABLE } from './_node-template';
import { isHeldUpdate } from './blue-green-update';
import type { EmqxClusterProps } from './emqx-cluster-props';

/** Warnings about valid but risky properties: each says what, why, and what to do. */
export function emqxWarningsOf(props: EmqxClusterProps): string[] {
  return [...ofUpdate(props), ...licenseWarningsOf(props), ...ofExposure(props), ...ofTls(props)];
}

/** @see docs/generations.md */
function ofUpdate({ blueGreenUpdate }: EmqxClusterProps): string[] {
  if (!blueGreenUpdate || isHeldUpdate(blueGreenUpdate)) return [];
  return [
    "'blueGreenUpdate.hold' (false) lets the operator upgrade on its own as soon as a changed version is applied: it empties one node " +
      'after another, idles 60 seconds at each, waits for ever while one durable session is offline, and leaves the data of durable ' +
      'sessions on the nodes it removes; leave it out, and the new nodes wait',
  ];
}

/** From this version on the built-in license is for one node only. @see EMQX 5.9, `emqx_license_checker` */
export function licenseWarningsOf(props: EmqxClusterProps): string[] {
  const { version, license, cores, replicants } = props;
  const isRestricted = semver.valid(version) !== null && semver.gte(version, ONE_EDITION);
  const byVariable = [cores, replicants].some((nodes) => nodes?.env?.[LICENSE_VARIABLE] !== undefined);
  if (!isRestricted || license || byVariable || hasLicenseKey(emqxConfigOf(props))) return [];
  return [
    "'license' (missing) leaves EMQX with the one that is built in from 5.9 on: a second node does not start with it, and no upgrade is " +
      'possible, unless a license was set through the dashboard; give one by license',
  ];
}

function ofExposure(props: EmqxClusterProps): string[] {
  if (props.exposure !== 'operator') return [];
  const role = servingRoleOf(givenEmqx(props, ''));
  const flips = role === 'replicant' ? ', and to cores while no replicant is ready' : '';
  return [
    `'exposure' ("operator") routes devices to old and new nodes alike while new ones come up${flips}, so that a few reach ` +
      'them early; leave it out, and the cluster gets a Service that switches',
  ];
}

function ofTls(props: EmqxClusterProps): string[] {
  const used = (['mqtts', 'wss'] as const).filter((listener) => emqxServiceOf(props).listeners.includes(listener));
  if (props.tls) {
    return used.length > 0 ? [] : ["'tls' is used by no listener of the Service; publish mqtts or wss, too"];
  }
  const config = emqxConfigOf(props) ?? '';
  return used
    .filter(() => !config.includes('certfile'))
    .map(
      (listener) =>
        `'service' publishes ${listener} with the certificate of EMQX's examples, whose private key is public; ` +
        'give a certificate by tls',
    );
}
