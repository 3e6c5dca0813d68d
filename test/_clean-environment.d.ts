/** What its own test uses of it. */
declare class CleanEnvironment {
  constructor(config: object, context: object);
  setup(): Promise<void>;
  teardown(): Promise<void>;
}
export = CleanEnvironment;
