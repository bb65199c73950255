// The recipes of docs/install.md as the reader sees them: a fenced block behind `<!-- tested: NAME -->`, run as it stands. What differs from
// place to place (the address of a repository, a signing key) reaches it by the environment.
import { readFileSync } from 'node:fs';
import type { RunOptions } from './command.ts';
import type { Guest } from './guest.ts';
import { guestOk } from './guest-commands.ts';

const text = readFileSync(new URL('../../docs/install.md', import.meta.url), 'utf8');

/** The text of a recipe; throws if the document has none of that name. */
export function recipe(name: string): string {
  const block = new RegExp(`<!-- tested: ${name} -->\\n\`\`\`[a-z]+\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(
    text,
  )?.[1];
  if (block === undefined) throw new Error(`docs/install.md has no recipe "${name}"`);
  return block;
}

/** argv of a shell that stops at the first command that fails. */
export function recipeShell(name: string): readonly string[] {
  return ['sh', '-euc', recipe(name)];
}

/** Runs a recipe in the guest; the error of one that fails shows what it printed. */
export function runRecipe(guest: Guest, name: string, options: RunOptions = {}): Promise<string> {
  return guestOk(guest, recipeShell(name), { timeout: 120_000, ...options });
}
