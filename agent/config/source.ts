// The configuration for whoever works by it: as it stands in the files, or the last good one where those are wrong.
import { AgentError } from '../errors.ts';
import type { Settings } from '../model/settings.ts';
import type { System } from '../system/system.ts';
import type { ConfigFile } from './ini-lines.ts';
import { keepLastGood, type LastGood, readLastGood } from './last-good.ts';
import { readConfigFiles } from './read-files.ts';
import { type Configuration, defaultSettings, parseConfiguration, settingsOf } from './read-settings.ts';

/** The files are wrong, or cannot be read. */
export interface ConfigTrouble {
  readonly error: AgentError;
  /** ISO time since which the last good one is in force; undefined: there is none, and the defaults take its place. */
  readonly lastGoodSince: string | undefined;
}

export interface ConfigurationSource {
  /** All that is wrong with what the files say. Throws `usage` where `main` is missing, and as `read` where one is no file. */
  check(main?: string): Promise<Configuration>;
  /**
   * What the files say. Throws `config-invalid`, and `file-failed` where one cannot be read.
   *
   * @param main another file in the place of the main one
   */
  read(main?: string): Promise<{ readonly settings: Settings; readonly files: readonly ConfigFile[] }>;
  /** Keeps what was read and has come into force; the ISO time at which it did first. Throws `file-failed`. */
  keep(files: readonly ConfigFile[]): Promise<string>;
  lastGood(): Promise<LastGood | undefined>;
  /** For looking only: the last good one where the files are wrong, or else the defaults. */
  forLooking(): Promise<{ readonly settings: Settings; readonly trouble: ConfigTrouble | undefined }>;
}

/** @param adapt puts the options of the command line on top */
export function openConfiguration(
  system: System,
  adapt: (settings: Settings) => Settings = settings => settings,
): ConfigurationSource {
  const source: ConfigurationSource = {
    async check(main) {
      const files = await readConfigFiles(system, main);
      if (main !== undefined && !files.some(({ path }) => path === main))
        throw new AgentError('usage', `the file ${main} does not exist`, {
          hint: 'name a file that is to be read in the place of the configuration',
        });
      return parseConfiguration(files);
    },
    async read(main) {
      const configuration = await source.check(main);
      return { settings: adapt(settingsOf(configuration, main)), files: configuration.files };
    },
    keep: files => keepLastGood(system, files),
    async lastGood() {
      const last = await readLastGood(system);
      return last && { ...last, settings: adapt(last.settings) };
    },
    async forLooking() {
      try {
        return { settings: (await source.read()).settings, trouble: undefined };
      } catch (error) {
        if (!(error instanceof AgentError) || error.code === 'usage') throw error;
        const last = await source.lastGood();
        const trouble = { error, lastGoodSince: last?.since };
        return { settings: last?.settings ?? adapt(defaultSettings), trouble };
      }
    },
  };
  return source;
}
