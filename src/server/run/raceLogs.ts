/**
 * Follows the report files of Go's own race detector (`GORACE=log_path=…`: one file per process) while the
 * program runs, and hands each report on as a record. Owns a timer and the followers of the files.
 */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { createRaceReportReader } from "./raceReport.ts";
import { LineFollower, type StreamRecord } from "./recordStream.ts";

const POLL_MILLISECONDS = 100;
const FILE_NAME = "race";

/** Follows all report files of one folder until `finish`. */
export class RaceLogs {
  readonly #folder: string;
  readonly #onRecord: (record: StreamRecord) => void;
  readonly #followers = new Map<string, () => Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(folder: string, onRecord: (record: StreamRecord) => void) {
    this.#folder = folder;
    this.#onRecord = onRecord;
  }

  /**
   * What GORACE has to say so that the reports land here, the user's own options kept. The exit status stays
   * the program's (`exitcode=0`): that there are conflicts is told by ours.
   */
  environment(own: string | undefined): string {
    return `${own ?? ""} log_path="${path.join(this.#folder, FILE_NAME)}" exitcode=0`.trim();
  }

  /** Starts to look for report files. */
  start(): void {
    this.#timer = setTimeout(() => {
      this.#looking = this.#look();
      this.#looking.then(
        () => this.start(),
        // finish() awaits the same promise and rejects.
        () => {},
      );
    }, POLL_MILLISECONDS);
  }

  /** Reads what is left. Rejects when a file could not be read. */
  async finish(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#looking;
    clearTimeout(this.#timer);
    await this.#look();
    for (const finish of this.#followers.values()) await finish();
  }

  async #look(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const pid = new RegExp(`^${FILE_NAME}\\.(\\d+)$`).exec(name)?.[1];
      if (pid === undefined || this.#followers.has(name)) continue;
      const reader = createRaceReportReader();
      const hand = (conflict: ReturnType<typeof reader.rest>): void => {
        if (conflict) this.#onRecord({ ...conflict, pid: Number(pid) });
      };
      const follower = new LineFollower(path.join(this.#folder, name), (line) => hand(reader.line(line)));
      follower.start();
      this.#followers.set(name, async () => {
        await follower.finish();
        hand(reader.rest());
      });
    }
  }
}
