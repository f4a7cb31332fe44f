import { DurableFile } from './durable-file.ts';

/** A small file, whole or not at all, and durable; for its owner alone. @throws StoppedError, ConfigurationError */
export async function writeBeside(file: string, text: string): Promise<void> {
  await using sink = await DurableFile.open(file);
  await sink.write(Buffer.from(text));
  await sink.commit();
}
