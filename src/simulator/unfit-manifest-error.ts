/** The simulated cluster rejects a manifest, or does not start with it. */
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
