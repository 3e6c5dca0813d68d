import type { RunHost } from '../handover';
import type { ProgressEvent, RunStatus, UpgradePlan, UpgradeReport } from '../upgrade';
import type { Connection } from './connection';
import { renderPlan } from './render/plan';
import { count, json, moment, safe } from './render/text';
import { renderUpgradeReport } from './render/upgrade-report';
import { canvasOf, RunReporter } from './run-reporter';
import type { Shell } from './shell';

/** How `upgrade` reports what it does. */
export interface UpgradeReporter {
  planned(plan: UpgradePlan): void;
  /** An interrupted run is resumed. */
  resumed(run: RunStatus): void;
  event(event: ProgressEvent): void;
  /** From now on a process in the cluster drives the run. */
  handedOver(host: RunHost): void;
  /** The user has interrupted the run. */
  detaching(): void;
  done(report: UpgradeReport): void;
  /** Further output is not written by this reporter. */
  end(): void;
}

/** For people: plan, picture or log, report. */
export class TextReporter implements UpgradeReporter {
  private readonly cluster: string;
  private run: RunReporter | undefined;
  private hasBegun = false;
  private isElsewhere = false;

  constructor(
    private readonly shell: Shell,
    { namespace, name }: Connection,
  ) {
    this.cluster = `${namespace}/${name}`;
  }

  planned(plan: UpgradePlan): void {
    this.print(`${renderPlan(plan, canvasOf(this.shell))}\n`);
    this.run = new RunReporter(this.shell, this.cluster);
  }

  resumed({ from, to, phase, startedAt, connectionCap }: RunStatus): void {
    this.print(
      `${safe(`${this.cluster}: ${from} → ${to}`)}, begun at ${moment(startedAt)}, in phase ${phase}, at most ${count(connectionCap)} disconnects/s\n`,
    );
    this.run = new RunReporter(this.shell, this.cluster);
    this.hasBegun = true;
  }

  event(event: ProgressEvent): void {
    this.hasBegun = true;
    this.run?.report(event);
  }

  handedOver(host: RunHost): void {
    this.isElsewhere = true;
    const who = host.kind === 'runner' ? `the runner in the namespace ${host.namespace}` : `a Job with ${host.image}`;
    this.print(safe(`handed over to ${who}; Ctrl-C ends only this view of it`));
  }

  detaching(): void {
    const { run } = this;
    this.end(); // the terminal's own ^C displaces the picture
    if (this.isElsewhere) return;
    run?.print(this.hasBegun ? '\nInterrupting the upgrade; it can be resumed. Ctrl-C again ends at once.' : '');
  }

  done(report: UpgradeReport): void {
    this.end();
    this.print(`\n${renderUpgradeReport(this.cluster, report, canvasOf(this.shell))}`);
  }

  end(): void {
    this.run?.end();
    this.run = undefined;
  }

  private print(text: string): void {
    if (this.run) this.run.print(text);
    else this.shell.out.write(`${text}\n`);
  }
}

/** For programs: one JSON object a line. */
export class JsonReporter implements UpgradeReporter {
  constructor(private readonly shell: Shell) {}

  planned(plan: UpgradePlan): void {
    this.line({ kind: 'plan', plan });
  }

  resumed(run: RunStatus): void {
    this.line({ kind: 'resumed', run });
  }

  event(event: ProgressEvent): void {
    this.line(event);
  }

  handedOver(host: RunHost): void {
    this.line({ kind: 'handed-over', to: host });
  }

  detaching(): void {}

  done(report: UpgradeReport): void {
    this.line({ kind: 'report', report });
  }

  end(): void {}

  private line(value: object): void {
    this.shell.out.write(`${json(value)}\n`);
  }
}
