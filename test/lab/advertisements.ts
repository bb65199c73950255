// Router advertisements of the VPC, held back and let go. A catch-all of an image accepts them on every new link: whether it has taken an
// address from one before the agent comes would else depend on how busy the machine is.
import { runIn } from './namespace.ts';

const table = 'inet held_advertisements';

/** From now on no router advertisement leaves the router. */
export async function holdAdvertisements({ router }: { readonly router: string }): Promise<void> {
  const rules = `add table ${table}
delete table ${table}
table ${table} {
  chain output {
    type filter hook output priority filter; policy accept;
    icmpv6 type nd-router-advert drop
  }
}
`;
  await runIn(router, ['nft', '-f', '-'], rules);
}

/** They come again: every 4 s, and when a link asks. */
export async function letAdvertisementsGo({ router }: { readonly router: string }): Promise<void> {
  await runIn(router, ['nft', '-f', '-'], `add table ${table}\ndelete table ${table}\n`);
}
