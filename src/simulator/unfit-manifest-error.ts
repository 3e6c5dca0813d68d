/** The simulated cluster does not take a manifest, or does not come to run with it. */
export class UnfitManifestError extends Error {
  override readonly name = 'UnfitManifestError';
  constructor(
    message: string,
    /** What to do about it. */
    readonly fix: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
