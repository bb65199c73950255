// Settings of one text, as the agent would read it from its configuration file.
import { parseConfiguration, settingsOf } from '../../agent/config/read-settings.ts';
import type { Settings } from '../../agent/model/settings.ts';

/** Throws `config-invalid`. */
export function settingsFrom(content: string): Settings {
  return settingsOf(parseConfiguration([{ path: 'test.conf', content }]));
}
