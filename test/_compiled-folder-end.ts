import { rmSync } from 'node:fs';

export default function remove(): void {
  const folder = process.env['COMPILED_SOURCES'];
  if (folder) rmSync(folder, { recursive: true });
}
