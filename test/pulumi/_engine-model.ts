import { PROVIDER_TEXT } from '../../src/pulumi/provider-text';
import { PartialFailure, type Properties, type ProviderHost } from './_host';

/** A row of the engine's state. */
interface Row {
  id: string;
  inputs: Properties;
  outputs: Properties;
  /** Why the last operation came to no end; empty when it did, and after a refresh. */
  initErrors: string[];
}

export type Step = 'created' | 'updated' | 'unchanged' | 'failed';

/**
 * A **model** of what Pulumi's engine does with one resource, and no test with Pulumi: only the provider's side of the protocol is
 * real. Its rules are those that were seen of an engine of 3.260:
 *
 * - an update is made when `diff` says so, or when the last operation has left `initErrors`;
 * - one that fails in part keeps the old inputs, and takes the new outputs;
 * - a creation that fails in part keeps what it was given;
 * - an error that is none in part changes nothing;
 * - without changes the new inputs are written down, and the outputs stay;
 * - a refresh takes the outputs that are read, and forgets `initErrors`.
 *
 * @see pulumi/pulumi, pkg/resource/deploy/step_generator.go and pkg/engine/update.go
 */
export class EngineModel {
  row: Row | undefined;

  constructor(private readonly host: ProviderHost) {}

  async up(properties: Properties): Promise<Step> {
    const { inputs, failures } = await this.host.check(properties, this.row?.inputs);
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    return this.row ? this.change(this.row, inputs) : this.create(inputs);
  }

  async refresh(): Promise<void> {
    if (!this.row) return;
    const { id, outputs } = await this.host.read(this.row.id, this.row.outputs);
    this.row =
      id === '' ? undefined : { ...this.row, outputs: { ...outputs, __provider: PROVIDER_TEXT }, initErrors: [] };
  }

  private async create(inputs: Properties): Promise<Step> {
    try {
      this.row = { ...(await this.host.create(inputs)), inputs, initErrors: [] };
      return 'created';
    } catch (error) {
      if (!(error instanceof PartialFailure)) throw error;
      const { id, properties, reasons } = error;
      this.row = { id, inputs, outputs: properties, initErrors: reasons };
      return 'failed';
    }
  }

  private async change(row: Row, inputs: Properties): Promise<Step> {
    const { changes } = await this.host.diff(row.id, row.outputs, inputs);
    if (!changes && row.initErrors.length === 0) {
      this.row = { ...row, inputs };
      return 'unchanged';
    }
    try {
      const outputs = await this.host.update(row.id, row.outputs, inputs);
      this.row = { ...row, inputs, outputs, initErrors: [] };
      return 'updated';
    } catch (error) {
      if (!(error instanceof PartialFailure)) throw error;
      this.row = { ...row, outputs: error.properties, initErrors: error.reasons };
      return 'failed';
    }
  }
}
