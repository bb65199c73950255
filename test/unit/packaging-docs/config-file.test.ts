// The configuration file of the packages: as it is it changes nothing, and whatever is switched on in it is valid.
import ini from 'ini';
import { expect, test } from 'vitest';
import { defaultSettings } from '../../../agent/config/read-settings.ts';
import { configFile } from '../../../packaging/docs/config-file.ts';
import { settingsFrom } from '../../support/settings-from.ts';
import { code, readDocument, tableRows } from '../docs/documents.ts';

const text = await configFile();
/** What an administrator does: the "#" in front of it goes. */
const switchedOn = text.replace(/^#(?! |$)/gm, '');

test('as it is installed it says nothing', () => {
  expect(settingsFrom(text)).toEqual(defaultSettings);
});

test('with all keys switched on it is valid, and each key has arrived', () => {
  expect(() => settingsFrom(switchedOn)).not.toThrow();
  const sections = Object.values(ini.parse(switchedOn)).map(section => Object.keys(section));
  const documented = readDocument('docs/configuration.md')
    .split(/^## /m)
    .slice(1)
    .map(part => tableRows(part).map(row => code(row[0])));
  expect(sections).toEqual(documented);
});

test('a key that is switched on shows its default', () => {
  const withoutEnis = { ...settingsFrom(switchedOn), enis: new Map() };
  const { agent, metadata, routing, coexistence, daemon } = withoutEnis;
  expect({ routing, coexistence, daemon }).toEqual({
    routing: defaultSettings.routing,
    coexistence: defaultSettings.coexistence,
    daemon: defaultSettings.daemon,
  });
  expect(agent).toMatchObject({ allowUnproven: false, logLevel: 'info', backend: 'ifupdown' });
  expect(metadata).toMatchObject({ timeoutMs: defaultSettings.metadata.timeoutMs, provider: 'aws' });
});

test('is readable in a terminal of 80 columns', () => {
  expect(text.split('\n').filter(line => line.length > 80)).toEqual([]);
  expect(text).not.toMatch(/[`*]{2}|\]\(/);
});
