import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ConfigurationError, StoppedError } from '../errors.ts';

function explain(target: string, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new StoppedError(`no room left for ${target}; what was there of it was removed`, {
      remedy: 'make room and run the command again',
      cause,
    });
  if (code === '') return cause;
  return new ConfigurationError(`${target} cannot be written (${code})`, { remedy: 'name a directory that your user may write', cause });
}

/** A file that appears under its name when it is whole, verified and on the disk; unless said otherwise for its owner alone. */
export class DurableFile implements AsyncDisposable {
  readonly #target: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;

  private constructor(target: string, temporary: string, handle: FileHandle) {
    this.#target = target;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  /** @throws ConfigurationError */
  static async open(target: string, mode = 0o600): Promise<DurableFile> {
    const temporary = join(dirname(target), `.${basename(target)}.kcluster-${randomBytes(6).toString('hex')}`);
    try {
      return new DurableFile(target, temporary, await open(temporary, 'wx', mode));
    } catch (error) {
      throw explain(target, error);
    }
  }

  /** @throws StoppedError when there is no room */
  async write(chunk: Buffer): Promise<void> {
    try {
      await this.#handle.writeFile(chunk);
    } catch (error) {
      throw explain(this.#target, error);
    }
  }

  /** Owner and mode of the file that it replaces. @throws ConfigurationError where they cannot be given to it */
  async takeAfter({ uid, gid, mode }: Pick<Stats, 'uid' | 'gid' | 'mode'>): Promise<void> {
    try {
      const own = await this.#handle.stat();
      if (own.uid !== uid || own.gid !== gid) await this.#handle.chown(uid, gid);
      await this.#handle.chmod(mode & 0o7777);
    } catch (error) {
      throw explain(this.#target, error);
    }
  }

  async commit(): Promise<void> {
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await rename(this.#temporary, this.#target);
      await using directory = await open(dirname(this.#target), 'r');
      await directory.sync();
    } catch (error) {
      throw explain(this.#target, error);
    }
  }

  /** After `commit` there is nothing left to do. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
    await rm(this.#temporary, { force: true });
  }
}
