import { accessSync, chmodSync, constants, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file cannot be written at the requested path. */
export class FileTakenError extends Error {
  override readonly name = 'FileTakenError';
}

/**
 * A file that a sandbox writes and removes, and that only its owner can read. A file that no sandbox wrote is never touched.
 */
export class OwnFile {
  /**
   * @param isOwn whether a text was written by a sandbox; if it throws, it was not
   * @throws FileTakenError when another file exists there, or one that cannot be read, and when no file can be written there
   */
  constructor(
    readonly path: string,
    private readonly isOwn: (text: string) => boolean,
  ) {
    if (!this.isFree()) throw new FileTakenError(`${path} exists already, and was not written by a sandbox`);
    try {
      accessSync(dirname(path), constants.W_OK);
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      throw new FileTakenError(`${path} cannot be written: access to its folder fails with ${code}`, { cause: error });
    }
  }

  /** Readers see the old text or the new one, never a part. */
  write(text: string): void {
    const part = `${this.path}.part`;
    writeFileSync(part, text, { mode: 0o600 });
    chmodSync(part, 0o600); // it may be left over from an earlier sandbox
    renameSync(part, this.path);
  }

  /** Removes what was written, unless the file was replaced since. */
  remove(): void {
    if (this.isFree()) rmSync(this.path, { force: true });
  }

  private isFree(): boolean {
    try {
      return this.isOwn(readFileSync(this.path, 'utf8'));
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT';
    }
  }
}
