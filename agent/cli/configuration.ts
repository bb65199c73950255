// The configuration as a command sees it: what the files say, with the options of its command line on top.
import type { ConfigTrouble, ConfigurationSource } from '../config/source.ts';
import { AgentError } from '../errors.ts';
import { type ProviderName, providerNames } from '../model/instance.ts';
import type { Settings } from '../model/settings.ts';
import { clockTime } from '../model/time-text.ts';
import { isDenied } from '../system/look-only.ts';
import type { System } from '../system/system.ts';
import { textOption } from './args.ts';
import type { CommandContext, OptionValues } from './command.ts';

/** Loaded here: `refresh` and the help need none of it. */
export async function configurationFor(system: System, values: OptionValues): Promise<ConfigurationSource> {
  const { openConfiguration } = await import('../config/source.ts');
  return openConfiguration(system, settings => withOptions(settings, values));
}

/**
 * For what takes back what was configured: the settings by which that was done, also where the files are wrong now. Throws `config-invalid`
 * where those are not known.
 */
export async function settingsInForce(context: CommandContext): Promise<Settings> {
  const { settings, trouble } = await (await context.configuration()).forLooking();
  if (trouble === undefined) return settings;
  if (trouble.lastGoodSince === undefined) throw trouble.error;
  (await context.log(settings)).warn(
    { reason: trouble.error.message },
    `the configuration is wrong; this goes by ${insteadText(trouble)}`,
  );
  return settings;
}

/**
 * For what only looks: goes on where the files are wrong. Throws `file-failed` where this user may not read them: that is no wrong
 * configuration, and to judge the machine by another one would say what is not so.
 */
export async function settingsForLooking(context: CommandContext): Promise<Look> {
  const look = await (await context.configuration()).forLooking();
  const { trouble } = look;
  if (trouble === undefined || !isDenied(trouble.error)) return look;
  throw new AgentError('file-failed', trouble.error.message, {
    cause: trouble.error,
    hint: 'run it as root; "eni-agent status --cached" needs no root',
  });
}

type Look = Awaited<ReturnType<ConfigurationSource['forLooking']>>;

/** What takes the place of a configuration that is wrong. */
export function insteadText({ lastGoodSince }: Pick<ConfigTrouble, 'lastGoodSince'>): string {
  if (lastGoodSince === undefined) return 'the defaults, since no last good configuration is known';
  return `the last good configuration, of ${clockTime(lastGoodSince)}`;
}

/** Throws `usage`. */
function withOptions(settings: Settings, values: OptionValues): Settings {
  const provider = textOption(values, 'provider');
  const url = textOption(values, 'metadata-url');
  if (provider !== undefined && !isProvider(provider))
    throw new AgentError(
      'usage',
      `--provider ${JSON.stringify(provider)} is unknown; the providers are ${providerNames.join(', ')}`,
    );
  if (url !== undefined && (provider ?? settings.metadata.provider) === undefined)
    throw new AgentError(
      'usage',
      '--metadata-url needs --provider: the address alone does not say which cloud it is',
    );
  return {
    ...settings,
    metadata: {
      ...settings.metadata,
      provider: provider ?? settings.metadata.provider,
      url: url ?? settings.metadata.url,
    },
  };
}

function isProvider(name: string): name is ProviderName {
  return (providerNames as readonly string[]).includes(name);
}
